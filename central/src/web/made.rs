//! What a call made.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Identity of what was made.
#[derive(Serialize, ToSchema)]
pub(super) struct Made {
    pub(super) id: Uuid,
}
