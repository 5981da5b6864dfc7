//! Splits: who gets which variant.

use serde_json::Value;

use super::super::algorithm::{Algorithm, Cbor, murmur3};
use super::super::expr::{Fractional, Shares};
use super::super::split::Split;
use super::super::value::{Thrown, V};
use super::{Frame, Outcome, functions};

/// Weights sum up to at most this.
const WEIGHT_MAX: f64 = 2_147_483_647.0;

/// The split as most are, by targeting key into constant shares with texts; none if it is of another form.
pub(super) fn plainly<'s: 'a, 'a>(frame: &Frame<'a, '_>, fractional: &'s Fractional) -> Option<Outcome<'s, 'a>> {
    let (None, Shares::Fixed { variants, split }) = (&fractional.by, &fractional.shares) else { return None };
    match place(split, by_targeting_key(frame, fractional)) {
        Some(position) => {
            let variant = variants[position].as_str()?;
            Some(Outcome { variant: Some(variant.into()), split: Some(split) })
        }
        None => Some(Outcome { variant: None, split: None }),
    }
}

/// The position of the variant; none if there is nothing to split by.
fn place(split: &Split, hash: Option<u32>) -> Option<usize> {
    let weights = split.cuts.iter().map(|(_, weight)| *weight);
    split.algorithm.choose(hash?, weights, split.total)
}

/// What the split gives, and itself if its shares are constant.
pub(super) fn last<'s: 'a, 'a>(
    frame: &mut Frame<'a, '_>,
    fractional: &'s Fractional,
) -> Result<(V<'a>, Option<&'s Split>), Thrown> {
    let algorithm = fractional.algorithm;
    let by = fractional.by.as_ref().map(|by| frame.eval(by)).transpose()?;
    let mut all = Vec::new();
    let hash = match &by {
        None => by_targeting_key(frame, fractional),
        // Before its third version flagd takes a list in the first place for a share.
        Some(by) if by.is_list() && algorithm != Algorithm::Flagd3 => {
            let Some(share) = share(by) else { return Ok((V::Null, None)) };
            all.push(share);
            by_targeting_key(frame, fractional)
        }
        Some(by) => hash(algorithm, by),
    };
    let shares = match &fractional.shares {
        Shares::Wrong => return Ok((V::Null, None)),
        Shares::Fixed { variants, split } if all.is_empty() => {
            return Ok(
                place(split, hash).map_or((V::Null, None), |position| (V::from(&variants[position]), Some(split)))
            );
        }
        Shares::Fixed { variants, split } => {
            let weights = split.cuts.iter().map(|(_, weight)| V::Number(f64::from(*weight)));
            all.extend(variants.iter().map(V::from).zip(weights));
            return Ok((chosen(algorithm, hash, all), None));
        }
        Shares::Computed(shares) => shares,
    };
    for (variant, weight) in shares {
        let variant = frame.eval(variant)?;
        let weight = weight.as_ref().map_or(Ok(V::Number(1.0)), |weight| frame.eval(weight))?;
        all.push((variant, weight));
    }
    Ok((chosen(algorithm, hash, all), None))
}

/// A list of a variant and perhaps its weight.
fn share<'a>(list: &V<'a>) -> Option<(V<'a>, V<'a>)> {
    let mut items = list.items()?.into_iter();
    let share = (items.next()?, items.next().unwrap_or(V::Number(1.0)));
    items.next().is_none().then_some(share)
}

/// None if there is no targeting key. Since its third version flagd takes only a text for one.
fn by_targeting_key(frame: &Frame<'_, '_>, fractional: &Fractional) -> Option<u32> {
    if fractional.algorithm == Algorithm::Flagd3 && frame.env.context.targeting_key().is_none() {
        return None;
    }
    let key = functions::targeting_key(frame)?;
    Some(match fractional.algorithm {
        Algorithm::Flagd1 | Algorithm::Flagd2 => murmur3(fractional.seed.as_bytes(), key.as_bytes()),
        Algorithm::Flagd3 => {
            let mut cbor = Cbor::default();
            cbor.list(2);
            cbor.text(&fractional.seed);
            cbor.text(&key);
            murmur3(b"", cbor.bytes())
        }
    })
}

/// None if there is nothing to split by.
fn hash(algorithm: Algorithm, by: &V<'_>) -> Option<u32> {
    match (algorithm, by) {
        (Algorithm::Flagd1 | Algorithm::Flagd2, V::Text(text)) => Some(murmur3(b"", text.as_bytes())),
        (Algorithm::Flagd1 | Algorithm::Flagd2, _) => None,
        (Algorithm::Flagd3, value) => value.to_value().filter(|value| !value.is_null()).map(|value| {
            let mut cbor = Cbor::default();
            encode(&value, &mut cbor);
            murmur3(b"", cbor.bytes())
        }),
    }
}

/// The variant of one of these shares; null if something about them is wrong.
fn chosen<'a>(algorithm: Algorithm, hash: Option<u32>, mut shares: Vec<(V<'a>, V<'a>)>) -> V<'a> {
    let weight = |(variant, weight): &(V<'a>, V<'a>)| match weight {
        V::Number(weight) if weight.fract() == 0.0 && !variant.is_object() => Some(weight.max(0.0)),
        _ => None,
    };
    let Some(weights) = shares.iter().map(weight).collect::<Option<Vec<_>>>() else { return V::Null };
    let total: f64 = weights.iter().sum();
    let Some(hash) = hash.filter(|_| total <= WEIGHT_MAX) else { return V::Null };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and WEIGHT_MAX")]
    let chosen = algorithm.choose(hash, weights.iter().map(|weight| *weight as u32), total as u32);
    chosen.map_or(V::Null, |position| std::mem::take(&mut shares[position].0))
}

/// Keys of objects go by length, then by bytes, as canonical CBOR wants it.
fn encode(value: &Value, cbor: &mut Cbor) {
    match value {
        Value::Null => cbor.null(),
        Value::Bool(value) => cbor.bool(*value),
        Value::Number(number) => cbor.number(number.as_f64().unwrap_or_default()),
        Value::String(text) => cbor.text(text),
        Value::Array(items) => {
            cbor.list(items.len());
            for item in items {
                encode(item, cbor);
            }
        }
        Value::Object(fields) => {
            cbor.map(fields.len());
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(key, _)| (key.len(), key.as_str()));
            for (key, value) in fields {
                cbor.text(key);
                encode(value, cbor);
            }
        }
    }
}
