"""What AI for health rests on: outbreaks found, errors by group, adoption, dependence (docs/HEALTH.md)."""

from __future__ import annotations

from ecosim.config.schema import Section, parameter

_SPAR = "fitted over 182 countries on GDP per head: self-assessed scores of laboratory and surveillance, WHO SPAR 2022"
#: Where the parameters stand that nothing reads while ``mechanisms.health`` is off.
READ_WITH_HEALTH = ("behaviour.health.",)

_PUBLISHED = (
    "5 to 11 days in all from discovery to publication, which the days to the authorities and these make up (from "
    "memory: Chan et al. 2010, doi 10.1073/pnas.1006219107)"
)
_WORKERS = "fitted over 191 countries on GDP per head: doctors, nurses and midwives, WHO, years near 2020"


class HealthConfig(Section):
    """AI for health; read where ``mechanisms.health`` is on."""

    # ---- finding outbreaks
    cases_per_day: float = parameter(
        0.6, "Cases a day of the kind watched for, in calm times, that full surveillance counts.", unit="1/day",
        bounds=(1e-3, 1e3), assumed=(0.2, 3.0), prior="log_uniform",
    )  # fmt: skip
    outbreak_ratio: float = parameter(
        2.0, "Cases in an outbreak, as a multiple of those in calm times, for which alarms are set.",
        bounds=(1.2, 20.0), assumed=(1.5, 4.0),
    )  # fmt: skip
    false_alarms_per_year: float = parameter(
        1.0, "False alarms a year that all countries together put up with.", unit="1/year", bounds=(1e-3, 100.0),
        assumed=(0.2, 5.0), prior="log_uniform",
    )  # fmt: skip
    surveillance_level: float = parameter(
        0.347, "Score of surveillance at a GDP of 1 USD a head: where the line of the fit begins.", unit="share",
        bounds=(-5.0, 1.0), source=f"{_SPAR} (R2 .31)",
    )  # fmt: skip
    surveillance_slope: float = parameter(
        0.0495, "Score of surveillance gained when GDP per head grows by a factor e.", unit="share", bounds=(0.0, 1.0),
        source=_SPAR,
    )  # fmt: skip
    counted_at_full_score: float = parameter(
        1.0, "Share of cases that surveillance with a full score counts; with a lower score in proportion.",
        unit="share", bounds=(0.05, 1.0), assumed=(0.3, 1.0),
        source="a score by which countries rate themselves is read as a share of cases; one in range, for the "
        "best may count all",
    )  # fmt: skip
    least_surveillance: float = parameter(
        0.2, "Least share of cases that a country's surveillance counts.", unit="share", bounds=(0.01, 1.0),
        assumed=(0.05, 0.4),
    )  # fmt: skip
    algorithm_level: float = parameter(
        0.85, "Surveillance towards which a shared algorithm lifts those below it.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.7, 0.95),
    )  # fmt: skip
    algorithm_gain: float = parameter(
        0.3, "Share of the distance to that level which a shared algorithm closes.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 0.6), source="zero in range: nothing we know of measures it",
    )  # fmt: skip
    reporting_days: float = parameter(
        4.0, "Days from a find to telling the authorities, at full surveillance.", unit="days", bounds=(0.0, 365.0),
        assumed=(2.0, 8.0), source=f"order: {_PUBLISHED}",
    )  # fmt: skip
    reporting_days_lacking: float = parameter(
        15.0, "Days more where there is no surveillance; in proportion to what is lacking.", unit="days",
        bounds=(0.0, 3650.0), assumed=(0.0, 40.0),
    )  # fmt: skip
    public_days: float = parameter(
        2.5, "Days more until a country without an open data channel hears of it.", unit="days", bounds=(0.0, 3650.0),
        assumed=(1.0, 7.0), source=f"order: {_PUBLISHED}",
    )  # fmt: skip

    # ---- spread
    growth_per_day: float = parameter(
        0.1, "Growth of infections while nobody acts (logarithm); .1 doubles them in a week.", unit="1/day",
        bounds=(1e-3, 2.0), assumed=(0.03, 0.2),
    )  # fmt: skip
    journeys_per_day: float = parameter(
        5e-4, "Chance that a person travels abroad on a day.", unit="1/day", bounds=(1e-8, 1.0),
        assumed=(1e-4, 1e-3), prior="log_uniform",
        source="order: 1.4 billion arrivals a year (UN Tourism, 2018), 7.6 billion people",
    )  # fmt: skip
    travel_distance: float = parameter(
        1.0, "Power with which travel falls with distance.", bounds=(0.0, 5.0), assumed=(0.5, 2.0),
        source="order: about 1 in trade (Disdier and Head 2008, doi 10.1162/rest.90.1.37)",
    )  # fmt: skip
    largest_outbreak: float = parameter(
        0.3, "Largest share of a population that is infected while nobody acts.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.05, 0.6),
    )  # fmt: skip
    response_days: float = parameter(
        45.0, "Days from knowing of an outbreak until a country can answer it.", unit="days", bounds=(0.0, 3650.0),
        assumed=(14.0, 120.0),
    )  # fmt: skip
    response_effect: float = parameter(
        0.5, "Share of the infections before a response that an earlier response avoids.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.2, 0.9),
    )  # fmt: skip

    # ---- error by population group
    error_floor: float = parameter(
        0.05, "Error that no amount of data removes.", unit="share", bounds=(0.0, 0.5), assumed=(0.02, 0.1),
        source="sign: gains flatten with size (Klug and Heckel 2023)",
    )  # fmt: skip
    error_of_group: float = parameter(
        0.25, "Error that cases like the group's own remove.", unit="share", bounds=(0.0, 0.5), assumed=(0.15, 0.3),
    )  # fmt: skip
    error_of_all: float = parameter(
        0.2, "Error that any cases remove.", unit="share", bounds=(0.0, 0.5), assumed=(0.1, 0.25)
    )
    group_exponent: float = parameter(
        0.3, "Power with which error falls with cases like the group's own.", bounds=(0.0, 2.0), assumed=(0.1, 0.5),
        source="powers of .28, .38 and .52 in three models (chest radiographs, 20,000 to 291,000, J Digit Imaging "
        "2022, PMC9485337)",
    )  # fmt: skip
    all_exponent: float = parameter(
        0.3, "Power with which error falls with all cases.", bounds=(0.0, 2.0), assumed=(0.1, 0.5), source="as above"
    )
    external_loss: float = parameter(
        0.07, "Error added where a model meets people who are in nothing like those it learned from.", unit="share",
        bounds=(0.0, 5.0), assumed=(0.007, 0.7), prior="log_uniform",
        source="at the unlikeness of people whom records hold well in two countries of this model (.50 on average) the "
        "range has the median loss on other sites, .03 (PMC12689012, 2025), and a quarter of models at .10 or more "
        "(Yu, Mohajer and Eng 2022, doi 10.1148/ryai.210064)",
    )  # fmt: skip
    local_cases: float = parameter(
        150.0, "Cases of one's own that close half of that loss.", unit="cases", bounds=(1.0, 1e6),
        assumed=(50.0, 300.0),
        source="656 images close the gap between skin tones (Daneshjou et al. 2022, doi 10.1126/sciadv.abq6147)",
    )  # fmt: skip
    likeness_km: float = parameter(
        8000.0, "Distance between countries at which two populations are alike by 1/e.", unit="km",
        bounds=(1.0, 1e6), assumed=(4000.0, 20000.0),
        source="sign: genetic likeness falls with distance (Ramachandran et al. 2005, doi 10.1073/pnas.0507611102)",
    )  # fmt: skip
    likeness_by_income: float = parameter(
        0.85, "Likeness kept for each step between income groups: other equipment, other care.", unit="share",
        bounds=(0.0, 1.0), assumed=(0.6, 1.0),
    )  # fmt: skip
    likeness_of_groups: float = parameter(
        0.8, "Likeness of the well recorded and the badly recorded.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.5, 1.0),
    )  # fmt: skip
    badly_recorded: float = parameter(
        0.2, "Share of people in a high-income country whom its records hold less often.", unit="share",
        bounds=(0.0, 0.9), assumed=(0.1, 0.4),
    )  # fmt: skip
    badly_recorded_by_income: float = parameter(
        0.1, "How much larger that share is with each step down the income groups.", unit="share", bounds=(0.0, 0.3),
        assumed=(0.0, 0.2),
    )  # fmt: skip
    recorded_less: float = parameter(
        0.25, "Cases a head of the badly recorded, beside the others.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.1, 1.0),
    )  # fmt: skip
    cases_per_participant: float = parameter(
        1e-3, "Cases that can be used for each participant in studies of the genome.", unit="cases",
        bounds=(0.0, 1e3), assumed=(1e-4, 1e-2), prior="log_uniform",
    )  # fmt: skip
    cases_per_million: float = parameter(
        100.0, "Cases that can be used for each million people, wherever they live.", unit="cases", bounds=(0.0, 1e6),
        assumed=(10.0, 1000.0), prior="log_uniform",
    )  # fmt: skip
    federated_efficiency: float = parameter(
        0.9, "Worth of a case that stays where it is, beside one that is shared.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.6, 1.0),
        source="close to central learning in all but 2 of 26 studies (Kirienko et al. 2021, doi "
        "10.1007/s00259-021-05339-7)",
    )  # fmt: skip
    case_half_life_months: float = parameter(
        24.0, "Months after which a case that a model has learned from counts for half: people, machines and practice "
        "change.", unit="months", bounds=(0.1, 1e6), assumed=(4.0, 144.0), prior="log_uniform",
        source="about 4 months where doctors' orders are foretold (from memory: Chen et al. 2017, doi "
        "10.1016/j.ijmedinf.2017.03.006); pictures and genes are likely to age more slowly",
    )  # fmt: skip

    # ---- benefit
    decisions_per_thousand: float = parameter(
        50.0, "Decisions of care a year, for each thousand people, in which such a model can be asked.",
        unit="1/year", bounds=(0.0, 1e5), assumed=(10.0, 200.0), prior="log_uniform",
    )  # fmt: skip
    unaided_error: float = parameter(
        0.2, "Error of the same decisions without a model.", unit="share", bounds=(0.0, 0.5), assumed=(0.1, 0.3)
    )
    adoption_at_mean: float = parameter(
        0.55, "Share of those decisions in which a model is asked, where trust, staff and computing are as on average.",
        unit="share", bounds=(0.001, 0.999), assumed=(0.4, 0.7),
        source="order: 57.6 % of patients in 43 countries are for it (Busch et al. 2025)",
    )  # fmt: skip
    adoption_by_trust: float = parameter(
        4.0, "Log odds of adoption gained when all rather than none trust.", bounds=(0.0, 50.0), assumed=(0.0, 8.0)
    )
    adoption_by_workforce: float = parameter(
        0.5, "Log odds of adoption gained when staff for each person grow by a factor e.", bounds=(0.0, 10.0),
        assumed=(0.0, 1.0),
    )  # fmt: skip
    adoption_by_compute: float = parameter(
        0.2, "Log odds of adoption gained when computing for each person grows by a factor e.", bounds=(0.0, 10.0),
        assumed=(0.0, 0.5),
    )  # fmt: skip
    workforce_level: float = parameter(
        -1.986, "Logarithm of health workers for each 10,000 people at a GDP of 1 USD a head.", bounds=(-20.0, 20.0),
        source=f"{_WORKERS} (R2 .72)",
    )  # fmt: skip
    workforce_slope: float = parameter(
        0.646, "Elasticity of health workers for each person to GDP per head.", bounds=(0.0, 5.0), source=_WORKERS
    )
    misinformation: float = parameter(
        0.062, "Trust that a wave of misinformation takes.", unit="share", bounds=(0.0, 1.0), assumed=(0.039, 0.088),
        source="6.2 and 6.4 points of those who would surely accept a vaccine (Loomba et al. 2021, doi "
        "10.1038/s41562-021-01056-1)",
    )  # fmt: skip
    breach: float = parameter(
        0.1, "Trust that a breach takes where nothing more than a country's own records is within its reach.",
        unit="share", bounds=(0.0, 1.0), assumed=(0.0, 0.2),
    )  # fmt: skip

    # ---- dependence
    fallback: float = parameter(
        0.3, "Share of foreign service that a country can do without at once.", unit="share", bounds=(0.0, 1.0),
        assumed=(0.0, 0.8),
    )  # fmt: skip
    switch_months: float = parameter(
        12.0, "Months until another provider works.", unit="months", bounds=(0.0, 600.0), assumed=(3.0, 36.0)
    )
    capability_gain: float = parameter(
        0.05, "Share of missing local capability gained in a month in which all use is local.", unit="share/month",
        bounds=(0.0, 1.0), assumed=(0.01, 0.1),
    )  # fmt: skip
    capability_fading: float = parameter(
        0.01, "Share of local capability lost in a month.", unit="share/month", bounds=(0.0, 1.0),
        assumed=(0.0, 0.03),
    )  # fmt: skip
