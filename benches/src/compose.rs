//! Labelled scenes composed from real footage.
