-- A rail may send any number of messages that nobody can book; one alert stands for all that are in
-- doubt for the same reason, so they are counted and listed by transfer and reason.

CREATE INDEX payment_return_questioned ON rails.payment_return (number, reason, changed_ms)
  WHERE state = 3;
