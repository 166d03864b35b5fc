//! Which detection belongs to which track: the cheapest one-to-one assignment.

/// For every row the column that it gets, or none. The sum of all costs is as small as can be, where a row left
/// alone costs `alone`. A pair that must not be has the cost `f64::INFINITY`.
///
/// Shortest augmenting paths with potentials (Jonker–Volgenant form of Kuhn–Munkres), O(rows² · columns). Every
/// row gets a column of its own for staying alone, so an assignment always exists.
pub(crate) fn assign(costs: &[Vec<f64>], columns: usize, alone: f64) -> Vec<Option<usize>> {
    let rows = costs.len();
    // Large enough to be worse than any way without a forbidden pair, small enough to leave digits for the rest.
    let forbidden = 1e3 * (alone.abs() + 1.0) * (rows as f64 + 1.0);
    let cost = |row: usize, column: usize| -> f64 {
        if column >= columns {
            return if column - columns == row { alone } else { forbidden };
        }
        let given = costs.get(row).and_then(|list| list.get(column)).copied().unwrap_or(forbidden);
        if given.is_finite() { given } else { forbidden }
    };

    let width = columns + rows;
    // Index 0 is the "no column yet" of the augmenting path; real rows and columns count from 1.
    let mut row_price = vec![0.0; rows + 1];
    let mut column_price = vec![0.0; width + 1];
    let mut owner = vec![0_usize; width + 1];
    let mut came_from = vec![0_usize; width + 1];
    let mut slack = vec![0.0; width + 1];
    let mut done = vec![false; width + 1];
    for row in 1..=rows {
        owner[0] = row;
        let mut column = 0;
        slack.fill(f64::INFINITY);
        done.fill(false);
        while owner[column] != 0 {
            done[column] = true;
            let current = owner[column];
            let (mut step, mut next) = (f64::INFINITY, 0);
            for candidate in 1..=width {
                if done[candidate] {
                    continue;
                }
                let reduced = cost(current - 1, candidate - 1) - row_price[current] - column_price[candidate];
                if reduced < slack[candidate] {
                    slack[candidate] = reduced;
                    came_from[candidate] = column;
                }
                if slack[candidate] < step {
                    step = slack[candidate];
                    next = candidate;
                }
            }
            for candidate in 0..=width {
                if done[candidate] {
                    row_price[owner[candidate]] += step;
                    column_price[candidate] -= step;
                } else {
                    slack[candidate] -= step;
                }
            }
            column = next;
        }
        while column != 0 {
            owner[column] = owner[came_from[column]];
            column = came_from[column];
        }
    }

    let mut given = vec![None; rows];
    for column in 0..columns {
        let row = owner[column + 1];
        if row > 0 && cost(row - 1, column) < forbidden {
            given[row - 1] = Some(column);
        }
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn total(costs: &[Vec<f64>], given: &[Option<usize>], alone: f64) -> f64 {
        given.iter().enumerate().map(|(row, column)| column.map_or(alone, |column| costs[row][column])).sum()
    }

    /// Tries everything.
    fn brute_force(costs: &[Vec<f64>], alone: f64, row: usize, taken: &mut Vec<usize>) -> f64 {
        let Some(list) = costs.get(row) else { return 0.0 };
        let mut best = alone + brute_force(costs, alone, row + 1, taken);
        for (column, &cost) in list.iter().enumerate() {
            if cost.is_finite() && !taken.contains(&column) {
                taken.push(column);
                best = best.min(cost + brute_force(costs, alone, row + 1, taken));
                taken.pop();
            }
        }
        best
    }

    #[test]
    fn prefers_the_best_sum_over_the_best_pair() {
        let costs = vec![vec![0.1, 0.2], vec![0.15, 2.0]];
        assert_eq!(assign(&costs, 2, 3.0), vec![Some(1), Some(0)]);
    }

    #[test]
    fn nothing_to_assign() {
        assert!(assign(&[], 3, 1.0).is_empty());
        assert_eq!(assign(&[vec![], vec![]], 0, 1.0), vec![None, None]);
        assert_eq!(assign(&[vec![f64::INFINITY], vec![0.5]], 1, 1.0), vec![None, Some(0)]);
        assert_eq!(assign(&[vec![2.0]], 1, 1.0), vec![None], "dearer than staying alone");
    }

    proptest! {
        #[test]
        fn no_assignment_is_cheaper(
            columns in 0_usize..5,
            cells in prop::collection::vec(prop::option::weighted(0.8, 0.0_f64..4.0), 25),
            rows in 0_usize..5,
        ) {
            let costs: Vec<Vec<f64>> = (0..rows)
                .map(|row| (0..columns).map(|c| cells[row * 5 + c].unwrap_or(f64::INFINITY)).collect())
                .collect();
            let given = assign(&costs, columns, 2.5);
            let mut used: Vec<_> = given.iter().flatten().collect();
            used.sort_unstable();
            used.dedup();
            prop_assert_eq!(used.len(), given.iter().flatten().count(), "a column given twice");
            let best = brute_force(&costs, 2.5, 0, &mut Vec::new());
            prop_assert!((total(&costs, &given, 2.5) - best).abs() < 1e-9);
        }
    }
}
