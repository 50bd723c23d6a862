"""The vocabulary of ecology, psychology and economics. Written for this; its form is synthetic_field.py's."""

from __future__ import annotations

from eval.fit.support_model.synthetic_field import Field, lines

ECOLOGY = Field(
    "ecology",
    lines("""
        grazed meadows|meadows with grazing
        mown meadows|meadows that are cut
        old-growth forest|ancient forest
        plantations|planted forest
        native bees|wild bees
        honeybees|honey bees
        seagrass beds|beds of seagrass
        bare sediment|unvegetated sediment
        burned plots|plots after fire
        unburned plots|plots without fire
        urban parks|parks in cities
        farmland hedges|hedges on farms
        the invasive crayfish|the introduced crayfish
        the native crayfish
        northern populations|populations of the north
        southern populations|populations of the south
    """),
    lines("""
        wolves
        elk
        sea otters
        sea urchins
        kelp
        ants
        aphids
        mycorrhizal fungi
        oak seedlings|young oaks
        songbirds
        caterpillars
        parasitic wasps
        starlings
        ground beetles
    """),
    lines("""
        species richness|the number of species +
        nest survival +
        seed set +
        soil carbon|carbon in the soil +
        body size +
        predation|losses to predators -
        juvenile mortality|deaths among the young -
        pollination success +
        nitrogen runoff|loss of nitrogen -
        population density|density of the population +
        growth rate|the rate of growth +
        parasite load|the number of parasites -
    """),
    lines("""
        in dry years|under drought
        at high altitude|high in the mountains
        in winter|during winter
        near roads|close to roads
        on small islands|on islands of little area
        in shallow water|close to the surface
        in spring
        under shade|in shaded plots
    """),
    lines("""
        is active at night|moves about after dark
        nests in tree holes|breeds in cavities
        migrates in autumn|leaves in autumn
        feeds on larvae|eats larvae
        tolerates salt|survives in salty water
        is limited by phosphorus|lacks phosphorus most of all
        recovers within two years|returns to normal in two years
        avoids open ground|keeps away from open terrain
        is dispersed by wind|spreads on the wind
        lives in colonies|is colonial
    """),
    lines("""
        has spread because winters are milder
        will be lost by the end of the century
        is known to local farmers
        stores more water
        is protected by law
        competes poorly in warm soil
    """),
)

PSYCHOLOGY = Field(
    "psychology and education",
    lines("""
        spaced practice|practice spread over days
        massed practice|practice in one block
        peer tutoring|tutoring by fellow pupils
        lectures
        reading aloud
        silent reading
        bilingual children|children with two languages
        monolingual children|children with one language
        mindfulness training|training in mindfulness
        small classes|classes with few pupils
        large classes|classes with many pupils
        written feedback|feedback in writing
        praise
        early bedtimes|going to bed early
        immediate testing
        delayed testing
    """),
    lines("""
        teachers
        pupils
        parents
        adolescents
        anxiety
        working memory
        self-esteem
        social support
        rumination
        attention
        loneliness
        screen time|time spent on screens
    """),
    lines("""
        recall|the amount recalled +
        reaction time|time to respond -
        motivation +
        reading speed +
        test scores|scores on tests +
        dropout|the dropout rate -
        stress|stress levels -
        confidence +
        absence from school|days missed -
        vocabulary size|the number of words known +
        false memories|memories of what did not happen -
        cooperation +
    """),
    lines("""
        in primary school|among primary pupils
        in first-year students|among students in their first year
        after one week|a week later
        under time pressure|when time is short
        in noisy rooms|where there is noise
        among boys
        among girls
        in low-income districts|in poor districts
    """),
    lines("""
        is measured by questionnaire|is assessed with a questionnaire
        develops before age five|appears in the first five years
        fades after a month|is gone within a month
        is learned by imitation|is picked up by copying others
        depends on sleep|needs sleep
        varies between cultures|differs from culture to culture
        is stable over life|hardly changes with age
        is taught in groups|takes place in groups
    """),
    lines("""
        pays off in later income
        is popular with teachers
        acts through better sleep
        was first described in the 1970s
        needs no special equipment
    """),
)

ECONOMICS = Field(
    "economics",
    lines("""
        cash transfers|payments in cash
        food vouchers
        exporting firms|firms that export
        domestic firms|firms that sell at home
        the carbon tax
        tradable permits|a market in permits
        microcredit|small loans
        savings groups
        public hospitals
        private hospitals
        fixed exchange rates
        floating exchange rates
        online retailers
        shops in town|town shops
        large banks
        small banks
    """),
    lines("""
        central banks
        governments
        investors
        households
        exporters
        unions
        foreign capital
        house prices|prices of homes
        wages
        inflation
        oil prices|the price of oil
        interest rates
        migration
        trade
    """),
    lines("""
        productivity +
        unemployment|the jobless rate -
        default rates|the share of defaults -
        school enrolment +
        household debt|the debt of households -
        profits +
        wage inequality|inequality in wages -
        investment +
        emissions -
        consumption +
        turnover of staff|staff turnover -
    """),
    lines("""
        in rural areas|in the countryside
        during recessions|in a downturn
        in developing countries|in poor countries
        after the reform|once reformed
        among young workers|for workers under thirty
        in the service sector|among services
        in the long run|over the long term
        in coastal regions|on the coast
    """),
    lines("""
        is financed by taxes|is paid from taxes
        reacts with a delay of a year|responds a year late
        follows the business cycle|moves with the cycle
        is set by law|is fixed in law
        falls on the poor|hits the poor
        is concentrated in cities|is found in cities mostly
        lasts for a decade|persists for ten years
        is reported monthly|is published each month
    """),
    lines("""
        explains most of the recent growth
        meets resistance from voters
        works best in combination with training
        was copied by neighbouring states
        is cheap to administer
    """),
)
