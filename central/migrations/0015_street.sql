-- Cases of a street: which are open, and which are in a state. A list that finds none of them read all cases of the street.
CREATE INDEX case_open_of_street ON case_ (street, ordinal) WHERE open_ = 1;
CREATE INDEX case_in_street ON case_ (street, state, ordinal);
