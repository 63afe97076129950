//! Counts what was compared, and reports deviations.

/// The maximum number of deviations that are printed. More are only counted.
const TOLD_MAX: usize = 60;

#[derive(Default)]
pub struct MatrixCells {
    pub count: usize,
    deviations: usize,
    deviating: Vec<String>,
}

impl MatrixCells {
    pub fn check(&mut self, holds: bool, name: impl FnOnce() -> String) {
        self.count += 1;
        if !holds {
            self.deviations += 1;
            if self.deviating.len() < TOLD_MAX {
                let mut name = name();
                if name.len() > 300 {
                    let end = (0..=300).rev().find(|at| name.is_char_boundary(*at)).unwrap_or(0);
                    name.truncate(end);
                }
                self.deviating.push(name);
            }
        }
    }

    /// Fails if there was a deviation.
    pub fn finish(&self) {
        let deviating = self.deviating.join("\n  ");
        assert!(self.deviations == 0, "{} of {} cells deviate:\n  {deviating}", self.deviations, self.count);
    }
}
