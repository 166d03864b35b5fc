//! People as others look for them, to send a case to, to plan a duty for, or to find in a register.

use std::sync::Arc;

use axum::Json as Answer;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Web;
use super::guard::{LoggedIn, Query, need};
use super::org::region;
use super::page;
use super::problem::Problem;
use crate::case::guard::Role;
use crate::org::Region;
use crate::org::find::Words;
use crate::store::{PersonQuery, PersonView};

/// Who sends or plans others, or looks after it.
const FINDERS: &[Role] = &[Role::Admin, Role::Acceptor, Role::Dispatcher, Role::Supervisor, Role::Auditor];

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FindQuery {
    /// For this region: who has a post in it, or over it; none: in all that you look after.
    region: Option<String>,
    /// With one of these roles there, with commas; none: any.
    role: Option<String>,
    /// Parts of the name, the login name, the unit or the telephone number, apart by spaces.
    words: Option<String>,
    /// At most so many rows, 1 to 200; usually 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// People who were found.
#[derive(Serialize, ToSchema)]
pub(super) struct FoundPeople {
    people: Vec<PersonView>,
    /// Whether there are more than were asked for.
    more: bool,
}

/// 查找人员
///
/// People who may log in, with their telephone and posts, the nearest first. For admins, acceptors, dispatchers, supervisors
/// and auditors of the region.
#[utoipa::path(get, path = "/org/people", tag = "org", operation_id = "find_people", params(FindQuery), responses((status = 200, body = FoundPeople)))]
pub(super) async fn find(
    State(web): State<Arc<Web>>,
    LoggedIn(session): LoggedIn,
    Query(query): Query<FindQuery>,
) -> Result<Answer<FoundPeople>, Problem> {
    let actor = session.actor();
    let asked = query.region.as_deref().map(region).transpose()?;
    need(&actor, FINDERS, asked.as_ref())?;
    let own = actor.posts.iter().filter(|post| FINDERS.contains(&post.role));
    let own: Option<Vec<Region>> = own.map(|post| post.region.clone()).collect();
    let mut roles = Vec::new();
    for name in query.role.as_deref().unwrap_or_default().split(',').filter(|name| !name.is_empty()) {
        let names: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
        let role = Role::parse(name)
            .ok_or_else(|| Problem::bad_request(format!("`role` is none of {}.", names.join(", "))))?;
        roles.push(role);
    }
    let query = PersonQuery {
        regions: asked.map(|region| vec![region]).or(own),
        roles,
        words: Words::new(query.words.as_deref().unwrap_or_default()),
        limit: page::limit(query.limit)?,
    };
    let (people, more) = web.store.people(&query).await?;
    Ok(Answer(FoundPeople { people, more }))
}
