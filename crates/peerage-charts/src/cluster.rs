//! Puts places that are close to each other on a map into clusters.

/// Places that one mark stands for.
#[derive(Clone, Debug)]
pub struct PointCluster {
    /// The middle of its places, in units of the picture.
    pub x: f64,
    pub y: f64,
    pub count: usize,
    /// The rectangle of its places.
    pub low: (f64, f64),
    pub high: (f64, f64),
    /// Indexes of its first places, at most [`MEMBERS_MAX`].
    pub members: Vec<u32>,
}

/// How many places a cluster names: those of one spot are drawn around it.
pub const MEMBERS_MAX: usize = 40;

impl PointCluster {
    fn of(index: u32, (x, y): (f64, f64)) -> Self {
        Self { x, y, count: 1, low: (x, y), high: (x, y), members: vec![index] }
    }

    fn add(&mut self, index: u32, (x, y): (f64, f64)) {
        self.count += 1;
        let share = 1.0 / self.count as f64;
        self.x += (x - self.x) * share;
        self.y += (y - self.y) * share;
        self.low = (self.low.0.min(x), self.low.1.min(y));
        self.high = (self.high.0.max(x), self.high.1.max(y));
        if self.members.len() < MEMBERS_MAX {
            self.members.push(index);
        }
    }

    fn take(&mut self, other: Self) {
        let (ours, theirs) = (self.count as f64, other.count as f64);
        self.x = (self.x * ours + other.x * theirs) / (ours + theirs);
        self.y = (self.y * ours + other.y * theirs) / (ours + theirs);
        self.count += other.count;
        self.low = (self.low.0.min(other.low.0), self.low.1.min(other.low.1));
        self.high = (self.high.0.max(other.high.0), self.high.1.max(other.high.1));
        let room = MEMBERS_MAX - self.members.len();
        self.members.extend(other.members.into_iter().take(room));
    }

    /// The longer side of its rectangle.
    pub fn extent(&self) -> f64 {
        (self.high.0 - self.low.0).max(self.high.1 - self.low.1)
    }
}

/// Returns clusters, the largest first.
///
/// `points`: index and position, within `width` and `height`. `cell`: about the least distance of two clusters.
/// `origin`: where the picture is in the world; cells are fixed in the world, so that clusters stay when a view moves.
///
/// Cost: linear in points, and quadratic in cells, of which a picture has a few hundred.
pub fn clustered(
    points: impl Iterator<Item = (u32, (f64, f64))>,
    (width, height): (f64, f64),
    origin: (f64, f64),
    cell: f64,
) -> Vec<PointCluster> {
    let offset = (origin.0.rem_euclid(cell), origin.1.rem_euclid(cell));
    let columns = (width / cell) as usize + 2;
    let rows = (height / cell) as usize + 2;
    let mut cells: Vec<Option<PointCluster>> = vec![None; columns * rows];
    for (index, (x, y)) in points {
        let column = (((x + offset.0) / cell) as usize).min(columns - 1);
        let row = (((y + offset.1) / cell) as usize).min(rows - 1);
        match &mut cells[row * columns + column] {
            Some(cluster) => cluster.add(index, (x, y)),
            empty => *empty = Some(PointCluster::of(index, (x, y))),
        }
    }
    let mut cells: Vec<PointCluster> = cells.into_iter().flatten().collect();
    sort(&mut cells);
    merged(cells, cell)
}

fn sort(clusters: &mut [PointCluster]) {
    clusters.sort_by(|one, other| {
        other.count.cmp(&one.count).then(one.y.total_cmp(&other.y)).then(one.x.total_cmp(&other.x))
    });
}

/// Merges clusters of neighbouring cells that would overlap.
fn merged(cells: Vec<PointCluster>, distance: f64) -> Vec<PointCluster> {
    let mut clusters: Vec<PointCluster> = Vec::with_capacity(cells.len());
    for cell in cells {
        let mut nearest = None;
        let mut least = distance * distance;
        for (index, other) in clusters.iter().enumerate() {
            let gap = (other.x - cell.x).powi(2) + (other.y - cell.y).powi(2);
            if gap < least {
                (nearest, least) = (Some(index), gap);
            }
        }
        match nearest {
            Some(index) => clusters[index].take(cell),
            None => clusters.push(cell),
        }
    }
    sort(&mut clusters);
    clusters
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(points: &[(f64, f64)], expected: &[usize]) {
        let points = points.iter().enumerate().map(|(index, point)| (index as u32, *point));
        let counts: Vec<usize> =
            clustered(points, (960.0, 540.0), (0.0, 0.0), 40.0).iter().map(|cluster| cluster.count).collect();
        assert_eq!(counts, expected);
    }

    #[test]
    fn what_is_near_is_one_cluster() {
        check(&[], &[]);
        check(&[(10.0, 10.0)], &[1]);
        check(&[(10.0, 10.0), (20.0, 20.0), (900.0, 500.0)], &[2, 1]);
        // On both sides of the border of two cells.
        check(&[(39.0, 10.0), (41.0, 10.0)], &[2]);
        check(&[(960.0, 540.0), (0.0, 0.0)], &[1, 1]);
    }

    proptest! {
        #[test]
        fn no_point_is_lost(points in prop::collection::vec((0.0..=960.0_f64, 0.0..=540.0_f64), 0..300), left in -1e6..1e6_f64) {
            let numbered = points.iter().enumerate().map(|(index, point)| (index as u32, *point));
            let clusters = clustered(numbered, (960.0, 540.0), (left, -left), 40.0);
            prop_assert_eq!(clusters.iter().map(|cluster| cluster.count).sum::<usize>(), points.len());
            for cluster in &clusters {
                prop_assert!(cluster.low.0 <= cluster.x + 1e-6 && cluster.x <= cluster.high.0 + 1e-6);
                prop_assert_eq!(cluster.members.len(), cluster.count.min(MEMBERS_MAX));
            }
        }
    }
}
