//! The scenes: what each is about, where to look meanwhile, and how it has to end.

use crate::{Canary, Treatment};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// What happens, in a few sentences.
    pub(crate) story: &'static str,
    /// What to look at meanwhile.
    pub(crate) look: &'static str,
    pub(crate) expected: &'static str,
}

/// The names of the scenes, in the order in which they are played.
pub const SCENES: [&str; 10] = [
    FIRST_DEPLOYMENT.name,
    RED_GREEN.name,
    DARK_LAUNCH.name,
    FAILING_TEST.name,
    VULNERABLE_DEPENDENCY.name,
    EXPERIMENT.name,
    BAD_CANARY.name,
    ROLL_FORWARD.name,
    NEW_ADVISORY.name,
    FEEDBACK.name,
];

/// What is played, up to the scene `until`.
pub(crate) fn scenes(canary: Canary, treatment: Treatment, until: Option<&str>) -> Vec<Scene> {
    let all = all(canary, treatment);
    let last = until.and_then(|name| all.iter().position(|scene| scene.name == name));
    all[..=last.unwrap_or(all.len() - 1)].to_vec()
}

fn all(canary: Canary, treatment: Treatment) -> [Scene; SCENES.len()] {
    let (bad_canary, roll_forward) = match canary {
        Canary::Broken => (BAD_CANARY, ROLL_FORWARD),
        Canary::Healthy => (HEALTHY_CANARY, NOTHING_TO_MEND),
    };
    let experiment = match treatment {
        Treatment::Better => EXPERIMENT,
        Treatment::Same => NO_DIFFERENCE,
        Treatment::Worse => HARM,
    };
    [
        FIRST_DEPLOYMENT,
        RED_GREEN,
        DARK_LAUNCH,
        FAILING_TEST,
        VULNERABLE_DEPENDENCY,
        experiment,
        bad_canary,
        roll_forward,
        NEW_ADVISORY,
        FEEDBACK,
    ]
}

const FIRST_DEPLOYMENT: Scene = Scene {
    name: "first-deployment",
    title: "The first commit goes live",
    story: "A small outdoor shop lies on trunk. Its tests are run in a clean copy, it is built into an artifact, its \
            database is migrated, and it is started. Then the first customers come.",
    look: "the change page shows each step as it happens, with its log. The shop opens for you as it does for customers.",
    expected: "the first commit is verified, built and live, and customers are served by it without a failure",
};

const RED_GREEN: Scene = Scene {
    name: "red-green",
    title: "Tests first: red on the parent, green on the change",
    story: "A commit makes delivery free from 50 € on, and brings tests. They are run against the parent too, where they \
            must fail: otherwise they prove nothing. Then the new version takes 20 %, 50 %, all of the customers; whoever \
            has seen it once stays with it.",
    look: "the change page says which tests were red before. Below, watch the requests move from the old release to the new.",
    expected: "its tests fail on the parent and pass on the change, and it goes live through a canary without one failed request",
};

const DARK_LAUNCH: Scene = Scene {
    name: "dark-launch",
    title: "Deployed is not released",
    story: "A commit puts a new checkout behind a flag. A probe walks it in production, as a verifier, before any customer \
            can; then the version goes live and nobody sees anything new. The flag is turned on for one tester, then for a \
            half of the customers. In the middle of that the control plane is killed: the shop, its flags and its events go \
            on, and nothing is lost.",
    look: "the flag page shows its split and who got what; the journey page shows both variants, within a second.",
    expected: "the probe walks first, no customer sees the change and no figure moves while it is dark; then the journey, by \
               variant and by release, is exactly what the customers' own books say, over a kill of the control plane",
};

const FAILING_TEST: Scene = Scene {
    name: "failing-test",
    title: "A failing test never ships",
    story: "A commit makes the search stricter and breaks what a test says about it. It stays on trunk and does not reach \
            customers; that trunk and production differ is said, with the reason. A second commit mends the search, and \
            both go live as one.",
    look: "the console's first page says that trunk is ahead, and why. The change page names the test that failed.",
    expected: "it is never deployed, trunk and production are shown to differ and why, and it ships inside the commit that mends it",
};

const VULNERABLE_DEPENDENCY: Scene = Scene {
    name: "vulnerable-dependency",
    title: "A known vulnerability does not ship",
    story: "A commit asks customers where to ring, behind a flag, and brings a package with a known vulnerability. All tests \
            pass. What it is made of is compared with exactly what runs: it is stopped. A second commit takes the mended \
            version, and both go live as one; half of the customers are asked from then on.",
    look: "the run's step `gate: security` names package, installed and fixed version, advisory and owner.",
    expected: "it is never deployed, and package, installed and fixed version, advisory and owner are named; with the fixed \
               version it goes live",
};

const EXPERIMENT: Scene = Scene {
    name: "experiment",
    title: "An experiment decides, and the flag follows",
    story: "A commit declares an experiment: do more customers order with the new checkout? A half of them has it. Whether they \
            order is followed person by person, and looked at every two seconds, as often as one likes: the intervals hold \
            at any look. Customers do like it.",
    look: "the experiment page shows first whether the halves can be compared, then both intervals as they close.",
    expected: "the verdict is to ship, with an interval above nothing; everybody gets the new checkout, and the flag is to be \
               retired",
};

const HARM: Scene = Scene {
    title: "What does harm is switched off",
    story: "A commit declares an experiment: do more customers order with the new checkout? A half of them has it, and many \
            of that half give up.",
    expected: "the verdict is to roll back, with an interval below nothing, and nobody gets the new checkout any more",
    ..EXPERIMENT
};

const NO_DIFFERENCE: Scene = Scene {
    title: "What makes no difference is not called an improvement",
    story: "A commit declares an experiment: do more customers order with the new checkout? A half of them has it, and they \
            order as often as the others.",
    expected: "nothing is decided; the experiment goes on and says for how long at most",
    ..EXPERIMENT
};

const BAD_CANARY: Scene = Scene {
    name: "bad-canary",
    title: "What passes its tests and fails customers is taken back",
    story: "A commit looks at addresses before an order is taken. All tests pass and no request fails; but most addresses are \
            not known, and those customers give up. The journey that guards sees it, beside the customers who have the old \
            version at the same time. A revert releases what it held. The next commit shows what you looked at before, and \
            answers 500 for one product, because of a letter in its name: taken back too. An innocent commit lands on top, \
            is verified, and waits behind it.",
    look: "the deployment page says who gave up, where, and how sure that is; then it counts failing customers of both \
           versions. Below, failures appear and end.",
    expected: "both canaries are rolled back without a hand and say why: the first by journey, step, effect with interval and \
               persons, the second by failures; the innocent commit waits behind the bad one",
};

const HEALTHY_CANARY: Scene = Scene {
    name: "bad-canary",
    title: "A canary without a fault is not taken back",
    story: "A commit looks at addresses before an order is taken, the next shows what you looked at before; both without the \
            faults that this scene otherwise is about. Nothing may hold them up.",
    look: "the deployment page compares both versions: no customer of either fails, and no more of them give up.",
    expected: "both go live and are not rolled back, without one failed request",
};

const ROLL_FORWARD: Scene = Scene {
    name: "roll-forward",
    title: "Rolling forward releases what waited",
    story: "A commit mends the fault, brings the test that was missing, and says `Fixes:` with the id of the bad commit. It \
            goes live, and with it the innocent one that waited.",
    look: "the page of the bad change tells its whole story now: taken back, why, and mended by what.",
    expected: "the mending commit goes live without a failed request, and what waited goes live with it",
};

const NEW_ADVISORY: Scene = Scene {
    name: "new-advisory",
    title: "A vulnerability that becomes known later",
    story: "The package was fine when it shipped. An advisory comes that speaks of the version that runs (an exercise: the \
            package has no such flaw). What is live is known, so it is found at once: since when, whose it is, behind which \
            flag, and what can be done. The flag is switched off.",
    look: "the finding's page has the sentence and the kill switch.",
    expected: "within two seconds there is a finding that says since which deployment, whose, behind which flag and what can be \
               done; its kill switch ends the flag's exposures within five",
};

const FEEDBACK: Scene = Scene {
    name: "feedback",
    title: "What customers say, where it belongs",
    story: "The shop asks on the page of an order how it went, with a survey that trunk declares and posthog-js shows. A \
            customer who has just ordered answers.",
    look: "the change page, the flag page and the journey page have what was said.",
    expected: "the answer is on the change, the variant and the journey that it belongs to",
};

const NOTHING_TO_MEND: Scene = Scene {
    name: "roll-forward",
    title: "Nothing waits, so the next commit just goes live",
    story: "Nothing was rolled back, so nothing has to be mended: the innocent commit goes its own way.",
    look: "its change page: it waits behind nothing.",
    expected: "the innocent commit goes live by itself without a failed request",
};
