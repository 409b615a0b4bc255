//! A language model of 293 kB that needs no heap and no floating point: a module of the example `stream`, and the
//! package `tiny-lm` (in `crate`) for the firmware. The README beside it describes the model.

mod weights;

use weights::{EMBEDDING, HIDDEN, VOCABULARY};

/// The temperature of [`Model::new`], in hundredths.
pub const TEMPERATURE: u16 = 70;

/// A text being written: an iterator over pieces of it, without end.
///
/// Each piece is 1 to 15 bytes of ASCII, and costs 240,000 multiplications. The whole of the state is here: 400 bytes,
/// and 2 KB of stack in [`next`](Iterator::next). The same prompt, seed and temperature give the same text on every
/// machine, since all of it is arithmetic on integers.
///
/// ```
/// use tiny_lm::Model;
///
/// let once: String = Model::new("ROMEO:", 1).take(20).collect();
/// let again: String = Model::new("ROMEO:", 1).take(20).collect();
/// assert_eq!(once, again);
/// assert_ne!(once, Model::new("ROMEO:", 2).take(20).collect::<String>());
/// ```
#[derive(Debug, Clone)]
pub struct Model {
    state: State,
    random: u64,
    temperature: u16,
}

impl Model {
    /// A text that goes on where `prompt` ends, drawn with the random numbers of `seed`.
    ///
    /// Takes as long as a piece of text for each piece of the prompt. Characters that do not occur in what the model
    /// has learnt from are left out: all but letters, `!$&',-.3:;?`, space and newline.
    pub fn new(prompt: &str, seed: u32) -> Self {
        let random =
            u64::from(seed).wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0xD1B5_4A32_D192_ED03)
                | 1;
        let mut model = Self { state: State([0; HIDDEN]), random, temperature: TEMPERATURE };
        // Every text begins on a line of its own.
        model.read("\n");
        model.read(prompt);
        model
    }

    /// The same at another temperature, in hundredths: 0 always takes the likeliest piece, 100 takes each as often as
    /// it follows in the text the model has learnt from.
    pub fn with_temperature(mut self, hundredths: u16) -> Self {
        self.temperature = hundredths;
        self
    }

    /// Reads `text`, as if the model had written it.
    pub fn read(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            // The longest piece that fits; a byte that no piece begins with is left out.
            let fits = weights::pieces().enumerate().filter(|(_, piece)| rest.starts_with(piece));
            match fits.max_by_key(|(_, piece)| piece.len()) {
                Some((number, piece)) => {
                    self.state.step(number);
                    rest = rest.get(piece.len()..).unwrap_or_default();
                }
                None => rest = rest.get(1..).unwrap_or_default(),
            }
        }
    }

    /// Draws the number of the next piece.
    fn draw(&mut self) -> usize {
        let logits = self.state.logits();
        let top = logits.iter().copied().max().unwrap_or(0);
        if self.temperature == 0 {
            return logits.iter().position(|&logit| logit == top).unwrap_or(0);
        }
        // How far below the likeliest a piece is, as a natural logarithm with 12 binary places.
        let temperature = i64::from(self.temperature);
        let weight = |logit: i32| match (i64::from(top) - i64::from(logit)) * 100 / temperature {
            below @ 0..=FLOOR => power_of_two((below * LOG2_E) >> 12),
            _ => 0,
        };
        let total: u64 = logits.iter().map(|&logit| weight(logit)).sum();
        let mut at = (u64::from(random(&mut self.random)) * total) >> 32;
        logits
            .iter()
            .position(|&logit| {
                let weight = weight(logit);
                let here = at < weight;
                at = at.saturating_sub(weight);
                here
            })
            .unwrap_or(0)
    }
}

impl Iterator for Model {
    type Item = &'static str;

    fn next(&mut self) -> Option<&'static str> {
        let number = self.draw();
        self.state.step(number);
        weights::pieces().nth(number).and_then(|piece| core::str::from_utf8(piece).ok())
    }
}

/// `4096 * ln(20)`: a piece twenty times less likely than the likeliest is never taken ("min-p" sampling at 0.05).
const FLOOR: i64 = 12271;
/// `4096 * log2(e)`.
const LOG2_E: i64 = 5909;

/// `2^22 / 2^exponent`, for an exponent from 0 with 12 binary places; 384 of them times a random number fit in 64 bits.
fn power_of_two(exponent: i64) -> u64 {
    weights::power((exponent >> 4 & 255) as usize) >> (exponent >> 12)
}

/// The upper half of xorshift64*.
///
/// Sebastiano Vigna, "An experimental exploration of Marsaglia's xorshift generators, scrambled", 2016.
fn random(x: &mut u64) -> u32 {
    *x ^= *x >> 12;
    *x ^= *x << 25;
    *x ^= *x >> 27;
    (x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) as u32
}

/// What the gated recurrent unit remembers: numbers from -1 to 1 with 15 binary places.
///
/// Cho et al., "Learning phrase representations using RNN encoder-decoder", 2014; the reset gate after the product, as
/// in cuDNN.
#[derive(Debug, Clone)]
struct State([i16; HIDDEN]);

impl State {
    /// Takes in the piece of this number.
    fn step(&mut self, number: usize) {
        let mut input = [0; EMBEDDING];
        if let Some(row) = weights::embedding(number) {
            for (place, &weight) in input.iter_mut().zip(row) {
                // 7 binary places to 15.
                *place = i16::from(weight as i8) << 8;
            }
        }
        let before = self.0;
        for ((new, &old), unit) in self.0.iter_mut().zip(&before).zip(weights::units()) {
            let [reset, update, candidate] = unit.gates;
            let sum = |gate: weights::Gate| {
                gate.scaled(dot(gate.input, &input) + dot(gate.state, &before)) + gate.bias
            };
            let (r, z) = (sigmoid(sum(reset)), sigmoid(sum(update)));
            let from_state = candidate.scaled(dot(candidate.state, &before)) + unit.state_bias;
            let from_input = candidate.scaled(dot(candidate.input, &input)) + candidate.bias;
            let n = tanh(from_input + ((r * from_state) >> 15));
            let value = n + ((z * (i64::from(old) - n)) >> 15);
            *new = value.clamp(-32767, 32767) as i16;
        }
    }

    /// How likely each piece is to follow: natural logarithms with 12 binary places, up to a constant.
    fn logits(&self) -> [i32; VOCABULARY] {
        let mut logits = [0; VOCABULARY];
        for (logit, row) in logits.iter_mut().zip(weights::outputs()) {
            *logit = (row.scaled(dot(row.state, &self.0)) + row.bias) as i32;
        }
        logits
    }
}

/// The product of a row of weights with as many values; at most 288 of 127 times 32767 are added, so 31 bits hold it.
fn dot(row: &[u8], values: &[i16]) -> i32 {
    row.iter().zip(values).map(|(&weight, &value)| i32::from(weight as i8) * i32::from(value)).sum()
}

/// `1 / (1 + exp(-a))`: 12 binary places to 15, by a table from -8 to 8 and a straight line between its places.
fn sigmoid(a: i64) -> i64 {
    let at = (a.clamp(-32768, 32767) + 32768) as usize;
    let (low, high) = (weights::sigmoid(at >> 8), weights::sigmoid((at >> 8) + 1));
    low + (((high - low) * (at & 255) as i64) >> 8)
}

fn tanh(a: i64) -> i64 {
    2 * sigmoid(2 * a) - 32768
}
