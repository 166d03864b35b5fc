//! What a detector says about one frame.

use crate::geometry::Bounds;
use std::fmt;

macro_rules! classes {
    ($($variant:ident, $name:literal, $coco:literal, $group:ident;)*) => {
        /// What a thing is. Of the 80 COCO classes those that behaviors speak about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "the names say it")]
        pub enum Class { $($variant),* }

        impl Class {
            /// Every class, in the order of COCO.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Every name, in the same order.
            pub const NAMES: &[&str] = &[$($name),*];

            /// Name in configuration and messages.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// From its name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }

            /// From its index among the 80 COCO classes; none when no behavior needs it.
            pub fn from_coco(index: usize) -> Option<Self> {
                match index { $($coco => Some(Self::$variant),)* _ => None }
            }

            /// Things of one group may be taken for one another; a track never changes its group.
            pub fn group(self) -> Group {
                match self { $(Self::$variant => Group::$group),* }
            }
        }
    };
}

classes! {
    Person, "person", 0, Person;
    Bicycle, "bicycle", 1, Vehicle;
    Car, "car", 2, Vehicle;
    Motorcycle, "motorcycle", 3, Vehicle;
    Bus, "bus", 5, Vehicle;
    Truck, "truck", 7, Vehicle;
    Backpack, "backpack", 24, Belonging;
    Umbrella, "umbrella", 25, Belonging;
    Handbag, "handbag", 26, Belonging;
    Suitcase, "suitcase", 28, Belonging;
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Classes that a detector mixes up with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// People.
    Person,
    /// What people ride or drive.
    Vehicle,
    /// What people carry.
    Belonging,
}

impl Group {
    /// Every group.
    pub const ALL: [Self; 3] = [Self::Person, Self::Vehicle, Self::Belonging];
}

/// One thing in one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// What it is.
    pub class: Class,
    /// Confidence, 0..1.
    pub score: f32,
    /// Where it is.
    pub bounds: Bounds,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_indices_lead_back() {
        for &class in Class::ALL {
            assert_eq!(Class::from_name(class.name()), Some(class));
        }
        assert_eq!(Class::ALL.len(), Class::NAMES.len());
        assert_eq!(Class::from_coco(28), Some(Class::Suitcase));
        assert_eq!(Class::from_coco(4), None);
        assert_eq!(Class::from_name("dog"), None);
    }
}
