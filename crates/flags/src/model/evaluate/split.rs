//! Splits: who gets which variant.

use serde_json::Value;

use super::super::algorithm::{Algorithm, Cbor, murmur3};
use super::super::expr::{Expr, Fractional, Shares};
use super::super::split::Split;
use super::super::value::{Thrown, V};
use super::{Frame, functions};

/// Weights sum up to at most this.
const WEIGHT_MAX: f64 = 2_147_483_647.0;

/// What the split gives, and itself if its shares are constant.
pub(super) fn last<'s: 'a, 'a>(
    frame: &mut Frame<'a, '_>,
    fractional: &'s Fractional,
) -> Result<(V<'a>, Option<&'s Split>), Thrown> {
    let hash = hash(frame, fractional)?;
    match &fractional.shares {
        Shares::Wrong => Ok((V::Null, None)),
        Shares::Fixed { variants, split } => {
            let weights = split.cuts.iter().map(|(_, weight)| *weight);
            let chosen = hash.and_then(|hash| fractional.algorithm.choose(hash, weights, split.total));
            Ok(chosen.map_or((V::Null, None), |position| (V::from(&variants[position]), Some(split))))
        }
        Shares::Computed(shares) => Ok((computed(frame, fractional.algorithm, hash, shares)?, None)),
    }
}

/// None if there is nothing to split by.
fn hash<'a>(frame: &mut Frame<'a, '_>, fractional: &'a Fractional) -> Result<Option<u32>, Thrown> {
    let Some(by) = &fractional.by else {
        let Some(key) = functions::targeting_key(frame) else { return Ok(None) };
        return Ok(Some(match fractional.algorithm {
            Algorithm::Flagd1 | Algorithm::Flagd2 => murmur3(fractional.seed.as_bytes(), key.as_bytes()),
            Algorithm::Flagd3 => {
                let mut cbor = Cbor::default();
                cbor.list(2);
                cbor.text(&fractional.seed);
                cbor.text(&key);
                murmur3(b"", cbor.bytes())
            }
        }));
    };
    let by = frame.eval(by)?;
    Ok(match (fractional.algorithm, &by) {
        (Algorithm::Flagd1 | Algorithm::Flagd2, V::Text(text)) => Some(murmur3(b"", text.as_bytes())),
        (Algorithm::Flagd1 | Algorithm::Flagd2, _) => None,
        (Algorithm::Flagd3, value) => value.to_value().filter(|value| !value.is_null()).map(|value| {
            let mut cbor = Cbor::default();
            encode(&value, &mut cbor);
            murmur3(b"", cbor.bytes())
        }),
    })
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
            items.iter().for_each(|item| encode(item, cbor));
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

fn computed<'a>(
    frame: &mut Frame<'a, '_>,
    algorithm: Algorithm,
    hash: Option<u32>,
    shares: &'a [(Expr, Option<Expr>)],
) -> Result<V<'a>, Thrown> {
    let mut all = Vec::with_capacity(shares.len());
    for (variant, weight) in shares {
        let variant = frame.eval(variant)?;
        let weight = weight.as_ref().map_or(Ok(V::Number(1.0)), |weight| frame.eval(weight))?;
        all.push((variant, weight));
    }
    let mut weights = Vec::with_capacity(all.len());
    for (variant, weight) in &all {
        match weight {
            V::Number(weight) if weight.fract() == 0.0 && !variant.is_object() => weights.push(weight.max(0.0)),
            _ => return Ok(V::Null),
        }
    }
    let total: f64 = weights.iter().sum();
    let Some(hash) = hash.filter(|_| total <= WEIGHT_MAX) else { return Ok(V::Null) };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and WEIGHT_MAX")]
    let chosen = algorithm.choose(hash, weights.iter().map(|weight| *weight as u32), total as u32);
    Ok(chosen.map_or(V::Null, |position| match std::mem::take(&mut all[position].0) {
        V::Undefined => V::Null,
        variant => variant,
    }))
}
