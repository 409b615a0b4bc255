//! Counts and times, for whoever records metrics: the `metrics` facade (feature `metrics`).

use super::Histogram;
use crate::pool::Metrics;
use metrics::{counter, gauge};

impl Metrics {
    /// Hands the counts to the recorder that the program installed, each under a name of its own, with the label
    /// `pool`. Call it again and again, or when the exporter asks: it sets, and adds nothing twice.
    ///
    /// Gauges are `forebay_capacity`, `forebay_in_use` and `forebay_high_water`. Counters are `forebay_gets`, `forebay_misses`,
    /// `forebay_puts`, `forebay_steals`, `forebay_evictions`, `forebay_overflows`, `forebay_exhausted`,
    /// `forebay_panics` and `forebay_double_returns`. The hit ratio of any interval is what the recorder makes of
    /// gets and misses.
    ///
    /// # Context and cost
    /// For threads: the facade allocates keys, and what the recorder does is its own.
    ///
    /// # Examples
    /// ```
    /// # #[cfg(feature = "metrics")] {
    /// use forebay::Pool;
    ///
    /// static FRAMES: Pool<[u8; 32], 8> = Pool::new();
    /// FRAMES.metrics().export("frames"); // to nobody, unless there is a recorder
    /// # }
    /// ```
    #[allow(clippy::cast_precision_loss)] // Below 65,536.
    pub fn export(&self, pool: &'static str) {
        gauge!("forebay_capacity", "pool" => pool).set(self.capacity as f64);
        gauge!("forebay_in_use", "pool" => pool).set(self.in_use as f64);
        gauge!("forebay_high_water", "pool" => pool).set(self.high_water as f64);
        counter!("forebay_gets", "pool" => pool).absolute(self.gets);
        counter!("forebay_misses", "pool" => pool).absolute(self.misses);
        counter!("forebay_puts", "pool" => pool).absolute(self.puts);
        counter!("forebay_steals", "pool" => pool).absolute(self.steals);
        counter!("forebay_evictions", "pool" => pool).absolute(self.evictions);
        counter!("forebay_overflows", "pool" => pool).absolute(self.overflows);
        counter!("forebay_exhausted", "pool" => pool).absolute(self.exhausted);
        counter!("forebay_panics", "pool" => pool).absolute(self.panics);
        counter!("forebay_double_returns", "pool" => pool).absolute(self.double_returns);
    }
}

impl Histogram {
    /// Hands the times to the recorder, as [`Metrics::export`] does counts: the counter `forebay_times`, and, once there
    /// is a time, the gauge `forebay_time_in_use_seconds` with the label `quantile`: 0.5, 0.9, 0.99, and 1 for the
    /// longest.
    ///
    /// Quantiles and not a histogram of the recorder's own: that one wants each time as it comes, and ours are counted
    /// without it.
    ///
    /// # Context and cost
    /// As [`Metrics::export`].
    pub fn export(&self, pool: &'static str) {
        counter!("forebay_times", "pool" => pool).absolute(self.count());
        for (of, quantile) in [(0.5, "0.5"), (0.9, "0.9"), (0.99, "0.99"), (1.0, "1")] {
            if let Some(time) = self.quantile(of) {
                gauge!("forebay_time_in_use_seconds", "pool" => pool, "quantile" => quantile)
                    .set(time.as_secs_f64());
            }
        }
    }
}
