-- How often each detector recommended, by hour of event time (hours since 1970).
CREATE TABLE detector_rates (
    behaviour TEXT NOT NULL,
    hour BIGINT NOT NULL,
    recommendations BIGINT NOT NULL,
    PRIMARY KEY (behaviour, hour)
);
