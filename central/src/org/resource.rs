//! Resources for an emergency (应急资源): what there is, and what is nearest to a case. Pure.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Position, Region};

/// What kind of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResourceKind {
    /// AED.
    Aed,
    /// 医院、卫生服务中心.
    Hospital,
    /// 派出所、警务室.
    Police,
    /// 微型消防站.
    FirePost,
    /// 灭火器、消火栓.
    Extinguisher,
    /// 物业.
    Property,
    /// 值班人员.
    OnCall,
    /// 避难场所.
    Shelter,
    /// 其他.
    Other,
}

impl ResourceKind {
    /// All kinds, in the order in which they are shown.
    pub const ALL: [Self; 9] = [
        Self::Aed,
        Self::Hospital,
        Self::Police,
        Self::FirePost,
        Self::Extinguisher,
        Self::Property,
        Self::OnCall,
        Self::Shelter,
        Self::Other,
    ];

    /// The name in the store, in files and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aed => "aed",
            Self::Hospital => "hospital",
            Self::Police => "police",
            Self::FirePost => "fire_post",
            Self::Extinguisher => "extinguisher",
            Self::Property => "property",
            Self::OnCall => "on_call",
            Self::Shelter => "shelter",
            Self::Other => "other",
        }
    }

    /// The kind with this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// A resource.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Resource {
    /// Identity.
    pub id: Uuid,
    /// What kind.
    pub kind: ResourceKind,
    /// Name.
    pub name: String,
    /// Where it belongs to.
    pub region: Region,
    /// Telephone; empty where there is none.
    pub phone: String,
    /// How to find or use it; may be empty.
    pub note: String,
    /// Where it is.
    pub position: Option<Position>,
}

/// A resource, and how far it is.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Near {
    /// The resource.
    #[serde(flatten)]
    pub resource: Resource,
    /// Metres as the crow flies; none where either place is not known.
    pub metres: Option<f64>,
}

/// Of each kind the nearest few, the kinds in their order. Those whose distance is not known come last within their kind, the ones
/// of the nearest region first.
pub fn nearest(resources: Vec<Resource>, from: Option<Position>, region: &Region, each: usize) -> Vec<Near> {
    let mut kinds: BTreeMap<ResourceKind, Vec<Near>> = BTreeMap::new();
    for resource in resources {
        let metres = from.zip(resource.position).map(|(a, b)| a.metres_to(b));
        kinds.entry(resource.kind).or_default().push(Near { resource, metres });
    }
    let order = |a: &Near, b: &Near| {
        let by_distance = match (a.metres, b.metres) {
            (Some(a), Some(b)) => a.total_cmp(&b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => shared(&b.resource.region, region).cmp(&shared(&a.resource.region, region)),
        };
        by_distance
            .then_with(|| a.resource.name.cmp(&b.resource.name))
            .then_with(|| a.resource.id.cmp(&b.resource.id))
    };
    kinds
        .into_values()
        .flat_map(|mut near| {
            near.sort_by(order);
            near.truncate(each);
            near
        })
        .collect()
}

/// How many digits two codes begin with alike.
fn shared(a: &Region, b: &Region) -> usize {
    a.as_str().bytes().zip(b.as_str().bytes()).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn resource(n: u128, kind: ResourceKind, region: &str, at: Option<(f64, f64)>) -> Resource {
        Resource {
            id: Uuid::from_u128(n),
            kind,
            name: format!("r{n}"),
            region: Region::parse(region).unwrap(),
            phone: String::new(),
            note: String::new(),
            position: at.and_then(|(lon, lat)| Position::new(lon, lat)),
        }
    }

    fn here() -> Region {
        Region::parse("420502001001001").unwrap()
    }

    #[test]
    fn the_nearest_of_each_kind_come_first_and_unknown_places_last() {
        use ResourceKind::{Aed, Police};
        let all = vec![
            resource(1, Police, "420502001001", None),
            resource(2, Aed, "420502001002", Some((111.30, 30.70))),
            resource(3, Aed, "420502001001", Some((111.29, 30.70))),
            resource(4, Aed, "420502001001", None),
            resource(5, Aed, "420502001001001", None),
            resource(6, Police, "420502001001001", None),
        ];
        let names = |from, each| {
            let near = nearest(all.clone(), from, &here(), each);
            near.into_iter().map(|near| near.resource.name).collect::<Vec<_>>()
        };
        let from = Position::new(111.289, 30.70);
        assert_eq!(names(from, 9), ["r3", "r2", "r5", "r4", "r6", "r1"]);
        assert_eq!(names(from, 1), ["r3", "r6"]);
        assert_eq!(
            names(None, 2),
            ["r5", "r3", "r6", "r1"],
            "by region where nobody knows the camera's place"
        );
        let metres = nearest(all.clone(), from, &here(), 1)[0].metres.unwrap();
        assert!((metres - 95.6).abs() < 1.0, "{metres}");
    }

    #[test]
    fn names_are_those_of_json() {
        for kind in ResourceKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(ResourceKind::parse(kind.as_str()), Some(kind));
        }
    }

    proptest! {
        /// Nobody that is left out is nearer than one that is shown.
        #[test]
        fn nobody_nearer_is_left_out(
            places in proptest::collection::vec((0..3_usize, 111.0..112.0_f64, 30.0..31.0_f64), 0..30), each in 0..4_usize,
        ) {
            let all: Vec<Resource> = (0_u128..).zip(&places).map(|(n, (kind, lon, lat))| {
                resource(n, ResourceKind::ALL[*kind], "420502001001", Some((*lon, *lat)))
            }).collect();
            let from = Position::new(111.5, 30.5);
            let near = nearest(all.clone(), from, &here(), each);
            for kind in ResourceKind::ALL {
                let of: Vec<f64> = near.iter().filter(|n| n.resource.kind == kind).filter_map(|n| n.metres).collect();
                prop_assert!(of.is_sorted());
                let mut every: Vec<f64> = all.iter().filter(|r| r.kind == kind)
                    .filter_map(|r| Some(from?.metres_to(r.position?))).collect();
                every.sort_by(f64::total_cmp);
                every.truncate(each);
                prop_assert_eq!(of, every);
            }
        }
    }
}
