//! The type of a body, by its schema.

use utoipa::{
    ToSchema,
    openapi::{Content, ContentBuilder, Ref, RefOr, Schema},
};

/// Stands for a type in a table.
#[derive(Clone, Copy)]
pub(super) struct Body {
    name: fn() -> String,
    schema: fn() -> RefOr<Schema>,
    refers_to: fn(&mut Vec<(String, RefOr<Schema>)>),
}

impl Body {
    pub(super) const fn of<T: ToSchema>() -> Self {
        Self {
            name: || T::name().into_owned(),
            schema: T::schema,
            refers_to: T::schemas,
        }
    }

    /// The type's schema, and all that it refers to, by their names.
    pub(super) fn schemas(self) -> Vec<(String, RefOr<Schema>)> {
        let mut schemas = vec![((self.name)(), (self.schema)())];
        (self.refers_to)(&mut schemas);
        schemas
    }

    pub(super) fn reference(self) -> Ref {
        Ref::from_schema_name((self.name)())
    }

    /// It alone, as what a request or an answer holds.
    pub(super) fn content(self) -> Content {
        ContentBuilder::new().schema(Some(self.reference())).build()
    }
}
