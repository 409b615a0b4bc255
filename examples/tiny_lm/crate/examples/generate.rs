//! Prints a text: `generate PROMPT SEED PIECES TEMPERATURE`, like `train.py generate`.
use std::{env, error::Error};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [prompt, seed, pieces, temperature] = &args[..] else {
        return Err("usage: generate PROMPT SEED PIECES TEMPERATURE".into());
    };
    let model = tiny_lm::Model::new(prompt, seed.parse()?).with_temperature(temperature.parse()?);
    for piece in model.take(pieces.parse()?) {
        print!("{piece}");
    }
    Ok(())
}
