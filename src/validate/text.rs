//! A stand-in: text char by char.

#[derive(Debug, Clone, Copy)]
pub(super) struct Chars<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Chars<'a> {
    pub(super) const fn plain(text: &'a str) -> Self {
        Self { text: text.as_bytes(), at: 0 }
    }

    pub(super) const fn next(&mut self) -> Option<char> {
        if self.at >= self.text.len() {
            return None;
        }
        let first = self.text[self.at];
        let (len, mut code) = match first {
            0..0x80 => (1, first as u32),
            0x80..0xE0 => (2, first as u32 & 0x1F),
            0xE0..0xF0 => (3, first as u32 & 0x0F),
            _ => (4, first as u32 & 0x07),
        };
        let mut i = 1;
        while i < len {
            code = code << 6 | self.text[self.at + i] as u32 & 0x3F;
            i += 1;
        }
        self.at += len;
        char::from_u32(code)
    }
}
