//! Root inside the sandbox keeps only what builds and servers need.
//!
//! Landlock guards paths and signals; root could go round it by a raw disk, a kernel module or a new mount. Without these capabilities
//! it cannot. An ordinary user has none to begin with, and nothing changes.

use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, remove_capability_from_bounding_set, set_capabilities,
};

/// Change owners and users (package managers give up root for scripts), bind low ports, ping. The list that containers are
/// given by default, without the making of devices.
const KEPT: CapabilitySet = CapabilitySet::CHOWN
    .union(CapabilitySet::DAC_OVERRIDE)
    .union(CapabilitySet::FOWNER)
    .union(CapabilitySet::FSETID)
    .union(CapabilitySet::KILL)
    .union(CapabilitySet::SETGID)
    .union(CapabilitySet::SETUID)
    .union(CapabilitySet::SETPCAP)
    .union(CapabilitySet::NET_BIND_SERVICE)
    .union(CapabilitySet::NET_RAW)
    .union(CapabilitySet::SYS_CHROOT)
    .union(CapabilitySet::AUDIT_WRITE)
    .union(CapabilitySet::SETFCAP);

/// Gives up every other capability, as far as the system lets us. With no new privileges nothing brings them back.
pub(super) fn drop_most() {
    let Ok(have) = capabilities(None) else { return };
    for bit in 0..u64::BITS {
        let one = CapabilitySet::from_bits_retain(1 << bit);
        if !KEPT.contains(one) {
            // Needs a capability itself, which an ordinary user lacks; then there is nothing to take away either.
            let _not_permitted = remove_capability_from_bounding_set(one);
        }
    }
    let kept = CapabilitySets {
        effective: have.effective.intersection(KEPT),
        permitted: have.permitted.intersection(KEPT),
        inheritable: have.inheritable.intersection(KEPT),
    };
    let _always_permitted = set_capabilities(None, kept);
}
