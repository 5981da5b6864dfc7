-- What a gate said, where the step is one.
ALTER TABLE delivery_step ADD COLUMN judgement TEXT;
