-- Pictures that people brought to a case. The log says who brought which and when; this only finds the case of a file.
CREATE TABLE case_picture (
    case_id  TEXT NOT NULL,
    sha256   TEXT NOT NULL,
    added_us BIGINT NOT NULL,
    PRIMARY KEY (case_id, sha256)
);
CREATE INDEX case_picture_by_file ON case_picture (sha256);
