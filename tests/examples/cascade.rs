//! The example `cascade` runs to its end; it asserts itself what it claims.

use std::path::Path;
use std::process::Command;

#[test]
fn smoke() {
    let test = std::env::current_exe().expect("a test knows where it is");
    let profile = test.parent().and_then(Path::parent).expect("tests are in target/<profile>/deps");
    let binary = profile.join("examples").join(format!("cascade{}", std::env::consts::EXE_SUFFIX));
    assert!(
        binary.exists(),
        "{} is missing: cargo build --features std --example cascade",
        binary.display()
    );
    let run = Command::new(binary).output().unwrap();
    let (text, errors) =
        (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success() && errors.is_empty(), "{errors}");
    assert!(text.contains("because of part 1: pool of 2 exhausted\n"), "{text}");
    let shown: Vec<_> = text.lines().filter(|line| line.contains(" free: ")).collect();
    let all = "free: 4 of 4 answers, 2 of 2 scratch, 3 of 3 streams";
    assert!(shown[0].ends_with(all) && shown[shown.len() - 1].ends_with(all), "{text}");
    assert_eq!(shown[1].split("free").last(), shown[2].split("free").last(), "{text}");
    assert!(text.contains("1 times 199 is 199. 2 times 199 is 398. 3 times 199 is 597."), "{text}");
}
