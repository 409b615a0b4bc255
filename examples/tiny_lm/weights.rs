//! The file of weights, cut into its parts when it is compiled; a file of another shape does not compile.

pub const VOCABULARY: usize = 384;
pub const EMBEDDING: usize = 96;
pub const HIDDEN: usize = 192;

/// A piece of text: its length, then itself, then zeros.
const PIECE: usize = 16;
/// A unit: three factors, three biases and a fourth one, then three rows of weights.
const UNIT: usize = 7 * 4 + 3 * (EMBEDDING + HIDDEN);
/// What leads to the number of a piece: a factor, a bias, a row of weights.
const OUTPUT: usize = 2 * 4 + HIDDEN;

const HEADER: [u8; 10] = {
    let (v, e, h) = (VOCABULARY.to_le_bytes(), EMBEDDING.to_le_bytes(), HIDDEN.to_le_bytes());
    [b'T', b'L', b'M', b'1', v[0], v[1], e[0], e[1], h[0], h[1]]
};

const SIZES: [usize; 7] = [
    HEADER.len(),
    VOCABULARY * PIECE,
    VOCABULARY * EMBEDDING,
    HIDDEN * UNIT,
    VOCABULARY * OUTPUT,
    257 * 2,
    256 * 4,
];

const SIZE: usize = {
    let (mut sum, mut i) = (0, 0);
    while i < SIZES.len() {
        sum += SIZES[i];
        i += 1;
    }
    sum
};

static FILE: [u8; SIZE] = *include_bytes!("weights.bin");

/// The parts of the file, in its order.
const fn part(number: usize) -> &'static [u8] {
    let (mut rest, mut i): (&[u8], usize) = (&FILE, 0);
    while i < number {
        rest = rest.split_at(SIZES[i]).1;
        i += 1;
    }
    rest.split_at(SIZES[number]).0
}

const _: () = {
    let header = part(0);
    let mut i = 0;
    while i < HEADER.len() {
        assert!(header[i] == HEADER[i], "weights.bin is of another model");
        i += 1;
    }
};

static PIECES: &[u8] = part(1);
static EMBEDDINGS: &[u8] = part(2);
static UNITS: &[u8] = part(3);
static OUTPUTS: &[u8] = part(4);

static SIGMOID: &[u8] = part(5);
static POWER: &[u8] = part(6);

/// `32768 / (1 + exp(8 - i / 16))`, for `i` from 0 to 256.
pub fn sigmoid(i: usize) -> i64 {
    chunk(SIGMOID, i).map_or(0, |bytes| i64::from(u16::from_le_bytes(bytes)))
}

/// `2^(22 - i / 256)`, for `i` from 0 to 255.
pub fn power(i: usize) -> u64 {
    chunk(POWER, i).map_or(0, |bytes| u64::from(u32::from_le_bytes(bytes)))
}

/// The `i`th of the numbers in `bytes` that are `SIZE` bytes each.
fn chunk<const SIZE: usize>(bytes: &[u8], i: usize) -> Option<[u8; SIZE]> {
    bytes.get(i * SIZE..)?.first_chunk().copied()
}

pub fn pieces() -> impl Iterator<Item = &'static [u8]> {
    PIECES.chunks_exact(PIECE).map(|piece| match piece.split_first() {
        Some((&length, text)) => text.get(..usize::from(length)).unwrap_or_default(),
        None => &[],
    })
}

pub fn embedding(number: usize) -> Option<&'static [u8]> {
    EMBEDDINGS.chunks_exact(EMBEDDING).nth(number)
}

/// A row of weights with its factor, which has 21 binary places, and its bias, which has 12.
#[derive(Clone, Copy)]
pub struct Gate {
    factor: i64,
    pub bias: i64,
    /// Weights of the piece that came last; none for an output.
    pub input: &'static [u8],
    /// Weights of the state.
    pub state: &'static [u8],
}

impl Gate {
    /// A product of the row with values of 15 binary places, as a sum with 12.
    pub fn scaled(&self, product: i32) -> i64 {
        (i64::from(product) * self.factor) >> 24
    }
}

pub struct Unit {
    /// Reset, update, candidate.
    pub gates: [Gate; 3],
    /// Of the candidate, for what comes from the state.
    pub state_bias: i64,
}

fn number(bytes: &[u8], i: usize) -> i64 {
    chunk(bytes, i).map_or(0, |bytes| i64::from(i32::from_le_bytes(bytes)))
}

pub fn units() -> impl Iterator<Item = Unit> {
    UNITS.chunks_exact(UNIT).map(|unit| {
        let (numbers, rows) = unit.split_at(7 * 4);
        let gate = |i: usize| {
            let row = rows.chunks_exact(EMBEDDING + HIDDEN).nth(i).unwrap_or_default();
            let (input, state) = row.split_at_checked(EMBEDDING).unwrap_or_default();
            Gate { factor: number(numbers, i), bias: number(numbers, 3 + i), input, state }
        };
        Unit { gates: [gate(0), gate(1), gate(2)], state_bias: number(numbers, 6) }
    })
}

pub fn outputs() -> impl Iterator<Item = Gate> {
    OUTPUTS.chunks_exact(OUTPUT).map(|output| {
        let (numbers, state) = output.split_at(2 * 4);
        Gate { factor: number(numbers, 0), bias: number(numbers, 1), input: &[], state }
    })
}
