//! The centre: broker, intake, incidents, cases, evidence, console.
