//! Makes a scene's pictures, one after the other.

use anyhow::Result;

use super::act;
use super::actor::{Actor, Pose};
use super::cutout::{Placing, shade};
use super::foliage::wind;
use super::light::{exposure, shine};
use super::material::Material;
use super::people::mirrored;
use super::prop::{Held, Prop};
use super::random::Random;
use super::raster::Picture;
use super::scene::{FPS, Scene};
use super::sensor::Sensor;

/// From this speed on a walker leans forward and runs.
const RUN_BH_S: f64 = 1.6;

/// A scene on its way through the camera.
pub struct Renderer<'a> {
    material: &'a Material,
    scene: &'a Scene,
    plate: Picture,
    sensor: Sensor,
    frozen: Option<Picture>,
}

/// What is painted at one moment, from far to near.
enum Item<'a> {
    Person(&'a Actor, Pose),
    Object(&'a Prop, Placing, f64),
    Obstacle(usize),
}

impl<'a> Renderer<'a> {
    /// At the scene's beginning.
    pub fn new(material: &'a Material, scene: &'a Scene) -> Self {
        let mut plate = material.plate.clone();
        grade(&mut plate, scene.grading);
        let sensor = Sensor::new(scene.noise, Random::of(scene.seed, "sensor"));
        Self { material, scene, plate, sensor, frozen: None }
    }

    /// The picture of this number; call it for one after the other.
    pub fn frame(&mut self, number: u64) -> Result<Picture> {
        let t = number as f64 / f64::from(FPS);
        if act::frozen(&self.scene.acts, t)
            && let Some(picture) = &self.frozen
        {
            return Ok(picture.clone());
        }
        let canvas = self.place(t);
        let view = &self.scene.view;
        let map = view.map(act::push(&self.scene.acts, t));
        let seen = canvas.warped(map, view.width, view.height)?;
        let mut picture = act::through_the_lens(&self.scene.acts, t, seen)?;
        self.sensor.expose(&mut picture, &exposure(&self.scene.changes, t));
        self.frozen =
            self.scene.acts.iter().any(|a| matches!(a, act::Act::Freeze { .. })).then(|| picture.clone());
        Ok(picture)
    }

    /// The place at a moment, in the plate's geometry.
    fn place(&self, t: f64) -> Picture {
        let mut canvas = self.plate.clone();
        let perspective = &self.material.perspective;
        let mut items: Vec<(f64, Item<'_>)> = Vec::new();
        for actor in &self.scene.actors {
            if let Some(pose) = actor.pose(t) {
                items.push((perspective.standing(pose.at).y, Item::Person(actor, pose)));
            }
        }
        for prop in &self.scene.props {
            items.extend(self.object(prop, t));
        }
        let obstacles = self.material.obstacles.iter().enumerate();
        items.extend(obstacles.map(|(n, obstacle)| (obstacle.foot_y, Item::Obstacle(n))));
        items.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (_, item) in &items {
            match item {
                Item::Person(actor, pose) => self.person(actor, pose, t, &mut canvas),
                Item::Object(prop, placing, grounded) => {
                    let (left, _, right, bottom) = prop.bag.cutout.area(placing);
                    let (wide, middle) = (right - left, (left + right) / 2.0);
                    if *grounded > 0.0 {
                        shade(
                            &mut canvas,
                            (middle, bottom - 0.06 * wide),
                            (0.62 * wide, 0.22 * wide),
                            0.45 * grounded,
                        );
                    }
                    prop.bag.cutout.paste(&mut canvas, placing);
                }
                Item::Obstacle(n) => self.material.obstacles[*n].paste(&mut canvas),
            }
        }
        shine(&self.scene.patches, t, &mut canvas);
        if let Some((foliage, strength)) = &self.scene.foliage {
            foliage.paste(t, wind(t, *strength), &mut canvas);
        }
        canvas
    }

    /// An object with the row that decides what is before it, and how much it touches the ground.
    fn object<'b>(&self, prop: &'b Prop, t: f64) -> Option<(f64, Item<'b>)> {
        let (now, before) = prop.held(t)?;
        let (placing, depth, ground) = self.holding(prop, now, t)?;
        let Some((before, part)) = before else {
            return Some((depth, Item::Object(prop, placing, ground)));
        };
        let (old, old_depth, old_ground) = self.holding(prop, before, t)?;
        let mix = |a: f64, b: f64| a + (b - a) * part;
        let way = Placing {
            x: mix(old.x, placing.x),
            y: mix(old.y, placing.y),
            unit_px: mix(old.unit_px, placing.unit_px),
            ..placing
        };
        Some((depth.max(old_depth), Item::Object(prop, way, mix(old_ground, ground))))
    }

    fn holding(&self, prop: &Prop, held: Held, t: f64) -> Option<(Placing, f64, f64)> {
        let perspective = &self.material.perspective;
        let (placing, depth, ground) = match held {
            Held::On(ground) => {
                let placing = prop.standing(ground, perspective);
                (placing, placing.y, 1.0)
            }
            Held::By { actor, side } => {
                let pose = self.scene.actors.get(actor)?.pose(t)?;
                // before the carrier
                let depth = perspective.standing(pose.at).y + 0.01;
                (prop.carried(pose.at, side, perspective), depth, 0.0)
            }
        };
        Some((Placing { tint: self.scene.grading, ..placing }, depth, ground))
    }

    fn person(&self, actor: &Actor, pose: &Pose, t: f64, canvas: &mut Picture) {
        let Some(person) = self.material.people.get(actor.person) else { return };
        let foot = self.material.perspective.standing(pose.at);
        let turn = std::f64::consts::TAU * actor.own;
        let moving = pose.speed_bh_s > 0.0;
        let cutout = if moving { person.walking(pose.walked_s) } else { person.still() };
        let right = if pose.heading.cos() < 0.0 { -1.0 } else { 1.0 };
        let lean = if moving {
            // runners lean into their way and their bodies rise and fall more
            right * pose.heading.cos().abs() * 0.13 * ((pose.speed_bh_s - RUN_BH_S) / 0.6).clamp(0.0, 1.0)
        } else {
            0.012 * (t * 1.7 + turn).sin() + 0.008 * (t * 0.6 + 2.0 * turn).sin() + 0.12 * right * pose.bent
        };
        let breath = if moving { 0.0 } else { 0.004 * (t * 1.5 + turn).sin() };
        let tint = std::array::from_fn(|c| actor.tint[c] * self.scene.grading[c]);
        let placing = Placing {
            mirror: mirrored(person.heading, pose.heading),
            lean,
            squash: 1.0 + breath - 0.16 * pose.bent,
            tint,
            ..Placing::new(foot.x, foot.y, foot.height * actor.size)
        };
        shade(canvas, (foot.x, foot.y - 0.01 * foot.height), (0.17 * foot.height, 0.05 * foot.height), 0.3);
        cutout.paste(canvas, &placing);
    }
}

/// Another camera, another hour: the colours of everything are multiplied.
fn grade(picture: &mut Picture, grading: [f64; 3]) {
    for pixel in picture.bgr.chunks_exact_mut(3) {
        for (value, factor) in pixel.iter_mut().zip(grading) {
            *value = (f64::from(*value) * factor).round().min(255.0) as u8;
        }
    }
}
