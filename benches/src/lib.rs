//! Contenders for what forebay does, and how they are measured beside each other.

pub mod allocations;
pub mod dpdk;
pub mod forms;
pub mod go;
pub mod measure;
pub mod pools;
pub mod program;
pub mod report;
pub mod latest;
pub mod rings;
pub mod streams;
pub mod targets;
pub mod validators;

/// The rows whose ids are `wanted`.
pub fn works(wanted: impl Fn(&str) -> bool) -> Vec<measure::Work> {
    let mut works = pools::works();
    works.extend(rings::works());
    works.extend(latest::works());
    works.extend(forms::works());
    works.extend(streams::works());
    works.extend(forms::stream_works());
    works.extend(validators::works(&wanted));
    works.retain(|work| wanted(work.id));
    works
}
