//! What the model writes is what the script that trained it says it writes, and nothing makes it stop.
use tiny_lm::Model;

/// `python train.py generate PROMPT SEED 150 TEMPERATURE`.
const REFERENCE: [(&str, u32, u16, &str); 4] = [
    ("ROMEO:", 1, 70, include_str!("reference/romeo-1-70.txt")),
    ("", 0, 100, include_str!("reference/empty-0-100.txt")),
    (
        "First Citizen:\nWhat",
        4_000_000_000,
        50,
        include_str!("reference/citizen-4000000000-50.txt"),
    ),
    ("O ", 7, 0, include_str!("reference/o-7-0.txt")),
];

fn write(prompt: &str, seed: u32, pieces: usize) -> String {
    Model::new(prompt, seed).take(pieces).collect()
}

#[test]
fn writes_what_the_reference_writes() {
    for (prompt, seed, temperature, expected) in REFERENCE {
        let text: String =
            Model::new(prompt, seed).with_temperature(temperature).take(150).collect();
        assert_eq!(text, expected, "after {prompt:?} with seed {seed} at {temperature}");
    }
}

#[test]
fn goes_on_where_it_was() {
    let mut model = Model::new("KING", 3);
    let begun: String = model.by_ref().take(10).collect();
    let mut copy = model.clone();
    let rest: String = model.by_ref().take(20).collect();
    assert_eq!(rest, copy.by_ref().take(20).collect::<String>());
    assert_eq!(begun + &rest, write("KING", 3, 30));
}

#[test]
fn reads_in_parts_what_it_reads_at_once() {
    // Cut where two pieces meet: between words.
    let mut model = Model::new("My lord", 5);
    model.read(", I will");
    assert_eq!(model.take(20).collect::<String>(), write("My lord, I will", 5, 20));
}

#[test]
fn leaves_out_what_it_has_never_seen() {
    assert_eq!(write("Good* night é\u{1F600}\0{}", 9, 20), write("Good night ", 9, 20));
    assert_eq!(write("京都", 9, 20), write("", 9, 20));
}

#[test]
fn a_long_prompt_is_read_to_its_end() {
    let long = "Now is the winter of our discontent. ".repeat(40);
    assert_ne!(write(&long, 2, 20), write(&(long.clone() + "No"), 2, 20));
}

#[test]
fn every_piece_is_some_text() {
    for temperature in [0, 1, 70, 1000, u16::MAX] {
        for piece in Model::new("The", 11).with_temperature(temperature).take(300) {
            assert!(
                !piece.is_empty() && piece.len() < 16 && piece.is_ascii(),
                "{piece:?} at {temperature}"
            );
        }
    }
}

#[test]
fn seeds_and_temperatures_matter() {
    let texts: std::collections::HashSet<String> =
        (0..50).map(|seed| write("The ", seed, 30)).collect();
    assert_eq!(texts.len(), 50);
    let at = |hundredths| {
        Model::new("The ", 1).with_temperature(hundredths).take(30).collect::<String>()
    };
    assert_ne!(at(20), at(150));
}

#[test]
fn fits_small_machines() {
    assert!(size_of::<Model>() <= 400, "{} bytes of state", size_of::<Model>());
    assert!(include_bytes!("../../weights.bin").len() <= 300_000);
}
