"""The vocabulary of the made statements: things, measures and settings of ten fields. Written for this.

Each entry lists one thing's names, divided by "|": evidence uses one, a claim may use another. A measure says
after "+" or "-" whether more of it is welcome.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """A field's words. `things` can be compared and act; `agents` act on each other; `predicates` are said of
    a thing, with "is" or another verb in the third person; `settings` are where something is found."""

    name: str
    things: tuple[str, ...]
    agents: tuple[str, ...]
    measures: tuple[str, ...]
    settings: tuple[str, ...]
    predicates: tuple[str, ...]
    extras: tuple[str, ...]
    """Further facts that could be said of a thing, to be left out of the evidence."""


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


FIELDS = (
    Field(
        "machine learning",
        _lines("""
            the transformer|transformers
            the convolutional baseline|the CNN baseline
            the recurrent model|the RNN
            full fine-tuning|tuning all weights
            low-rank adapters|adapter tuning
            prompt tuning|learned prompts
            beam search
            nucleus sampling
            the retrieval-augmented model|the model with retrieval
            the sparse mixture|the mixture-of-experts model
            contrastive pre-training
            masked pre-training|pre-training with masks
            the distilled student|the small student
            self-training|training on pseudo-labels
            graph attention
            the diffusion model
            the adversarial network|the GAN
            active learning
            random sampling|drawing at random
            the ensemble
        """),
        _lines("""
            the teacher network|the teacher
            the student network|the student
            the generator
            the discriminator
            the encoder
            the decoder
            the retriever
            the reader
            the planner|the planning module
            the policy network|the policy
            the critic
            the reward model
            the language model|the LM
            the vision backbone|the image backbone
            the router|the routing network
            the verifier
        """),
        _lines("""
            accuracy +
            F1|the F1 score +
            error rate|the rate of errors -
            inference latency|latency at inference -
            memory use|memory consumption -
            perplexity -
            robustness to noise|resistance to noise +
            training cost|the cost of training -
            sample efficiency +
            recall +
            precision +
            throughput +
            calibration error -
            diversity of outputs|output diversity +
        """),
        _lines("""
            on low-resource languages|for languages with little data
            on long documents|for long inputs
            on out-of-domain data|outside the training domain
            on image classification|for classifying images
            on question answering|for answering questions
            in the few-shot setting|with few examples
            on medical images|for images from hospitals
            on code generation|for writing code
            on machine translation|for translation
            on graph benchmarks|for graphs
        """),
        _lines("""
            is trained locally|is learned on the device
            is kept frozen|stays fixed during training
            is shared across tasks|is used by every task
            is updated at every step|changes with each step
            needs labelled data|depends on labels
            reads the whole document|sees the full document
            predicts the next token|forecasts the token that follows
            is initialised at random|starts from random weights
            is pruned after training|loses weights once trained
            operates on raw pixels|works on pixels directly
            is quantised to four bits|is stored in four bits
            attends to the past only|looks only at earlier positions
        """),
        _lines("""
            runs on a mobile phone
            has been used in a commercial product
            was preferred by human raters
            needs fewer hyperparameters than earlier work
            is easier to implement
            carries over to speech
            keeps its advantage when the data is halved
        """),
    ),
    Field(
        "medicine",
        _lines("""
            metformin
            insulin|insulin therapy
            aspirin
            clopidogrel
            placebo|the placebo
            early surgery|operating early
            watchful waiting|expectant management
            cognitive therapy|cognitive behavioural therapy
            high-dose vitamin D|vitamin D at high doses
            the low-salt diet|a diet low in salt
            radiotherapy|radiation
            chemotherapy
            laparoscopic repair|keyhole repair
            open repair
            statin treatment|statins
            the new vaccine
            aerobic exercise|aerobic training
            oral iron|iron tablets
            intravenous iron|iron infusions
            usual care|standard care
        """),
        _lines("""
            interleukin 6|IL-6
            TNF alpha|tumour necrosis factor alpha
            the kinase AKT|AKT
            p53
            the receptor EGFR|EGFR
            insulin resistance
            obesity
            depression|depressive illness
            chronic inflammation
            sleep loss|too little sleep
            kidney failure|renal failure
            hypertension|high blood pressure
            the microRNA miR-21|miR-21
            regulatory T cells|Tregs
            macrophages
            the transcription factor NRF2|NRF2
        """),
        _lines("""
            mortality|the death rate -
            blood pressure -
            survival|the survival rate +
            hospital stay|time in hospital -
            pain scores|reported pain -
            bone density|the density of bone +
            the relapse rate|relapse -
            viral load|the amount of virus -
            quality of life +
            infection rates|the incidence of infection -
            fasting glucose|glucose in the fasting state -
            lung function +
            tumour volume|tumour size -
            adherence +
        """),
        _lines("""
            in older adults|among the elderly
            in children|among children
            in mice
            in pregnant women|during pregnancy
            in patients with diabetes|among diabetics
            in smokers|among people who smoke
            after a stroke|following stroke
            in rural clinics|in clinics in the countryside
            in men
            in women
        """),
        _lines("""
            is given by mouth|is taken orally
            is injected once a month|is given as a monthly injection
            crosses the placenta|passes through the placenta
            is cleared by the kidney|is removed through the kidneys
            is expressed in the liver|is found in liver tissue
            binds to DNA|attaches to DNA
            is found in healthy tissue|is present in normal tissue
            responds to steroids|is sensitive to steroids
            is detected at birth|is seen in newborns
            requires a biopsy|cannot be done without a biopsy
            is inherited from the mother|comes from the maternal side
            is stored at room temperature|needs no refrigeration
        """),
        _lines("""
            is cheaper than the alternatives
            was well tolerated over ten years
            works through the immune system
            has been approved in several countries
            is favoured by nurses
            benefits those with severe disease most
            has no interaction with alcohol
        """),
    ),
    Field(
        "ecology",
        _lines("""
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
        _lines("""
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
        _lines("""
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
        _lines("""
            in dry years|under drought
            at high altitude|high in the mountains
            in winter|during winter
            near roads|close to roads
            on small islands|on islands of little area
            in shallow water|close to the surface
            in spring
            under shade|in shaded plots
        """),
        _lines("""
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
        _lines("""
            has spread because winters are milder
            will be lost by the end of the century
            is known to local farmers
            stores more water
            is protected by law
            competes poorly in warm soil
        """),
    ),
    Field(
        "physics and materials",
        _lines("""
            the doped crystal|the crystal with dopants
            the undoped crystal|the pure crystal
            the polymer film
            the ceramic coating
            graphene electrodes|electrodes of graphene
            copper electrodes|electrodes of copper
            annealed samples|samples after annealing
            as-grown samples|samples before annealing
            the perovskite cell
            the silicon cell
            wet etching
            plasma etching
            the layered alloy
            the bulk alloy
            thin films
            thick films
        """),
        _lines("""
            the pump beam
            the probe beam
            the substrate
            the outer shell
            the magnetic layer
            the spin current
            the lattice strain|strain in the lattice
            the phonon mode
            the defect density
            the carrier concentration
            the electric field
            the surface charge
        """),
        _lines("""
            thermal conductivity|conductivity for heat +
            tensile strength|strength under tension +
            resistivity|electrical resistance -
            the melting point|the melting temperature +
            efficiency +
            hardness +
            leakage current|the current that leaks -
            the band gap|the gap +
            surface roughness|roughness of the surface -
            charge mobility|mobility of charges +
            fatigue life +
            noise|the noise level -
        """),
        _lines("""
            at low temperature|when cold
            at room temperature
            under high pressure|at high pressures
            in vacuum
            under illumination|in the light
            in humid air|in moist air
            at high fields|under strong fields
            near the phase transition|close to the transition
        """),
        _lines("""
            is transparent to infrared light|lets infrared light through
            dissolves in water|is soluble in water
            breaks under bending|fails when bent
            conducts along one axis|carries current in one direction
            is grown from vapour|is deposited from the gas phase
            oxidises in air|reacts with oxygen
            becomes superconducting|loses all resistance
            absorbs blue light|takes up light in the blue
            is stable for months|lasts for months
            shrinks on heating|contracts when heated
        """),
        _lines("""
            can be made at an industrial scale
            agrees with density functional theory
            costs less to produce
            could serve in batteries
            survives a thousand cycles
            is free of toxic elements
        """),
    ),
    Field(
        "psychology and education",
        _lines("""
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
        _lines("""
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
        _lines("""
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
        _lines("""
            in primary school|among primary pupils
            in first-year students|among students in their first year
            after one week|a week later
            under time pressure|when time is short
            in noisy rooms|where there is noise
            among boys
            among girls
            in low-income districts|in poor districts
        """),
        _lines("""
            is measured by questionnaire|is assessed with a questionnaire
            develops before age five|appears in the first five years
            fades after a month|is gone within a month
            is learned by imitation|is picked up by copying others
            depends on sleep|needs sleep
            varies between cultures|differs from culture to culture
            is stable over life|hardly changes with age
            is taught in groups|takes place in groups
        """),
        _lines("""
            pays off in later income
            is popular with teachers
            acts through better sleep
            was first described in the 1970s
            needs no special equipment
        """),
    ),
    Field(
        "economics",
        _lines("""
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
        _lines("""
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
        _lines("""
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
        _lines("""
            in rural areas|in the countryside
            during recessions|in a downturn
            in developing countries|in poor countries
            after the reform|once reformed
            among young workers|for workers under thirty
            in the service sector|among services
            in the long run|over the long term
            in coastal regions|on the coast
        """),
        _lines("""
            is financed by taxes|is paid from taxes
            reacts with a delay of a year|responds a year late
            follows the business cycle|moves with the cycle
            is set by law|is fixed in law
            falls on the poor|hits the poor
            is concentrated in cities|is found in cities mostly
            lasts for a decade|persists for ten years
            is reported monthly|is published each month
        """),
        _lines("""
            explains most of the recent growth
            meets resistance from voters
            works best in combination with training
            was copied by neighbouring states
            is cheap to administer
        """),
    ),
    Field(
        "biology",
        _lines("""
            the knockout strain|the mutant without the gene
            the wild type|wild-type cells
            stem cells
            differentiated cells
            the phosphorylated form
            the unphosphorylated form
            young leaves
            old leaves
            gram-positive bacteria
            gram-negative bacteria
            the membrane fraction
            the cytosolic fraction
            muscle fibres
            neurons
            the full-length protein
            the truncated protein
        """),
        _lines("""
            BRCA1
            the kinase CDK2|CDK2
            ubiquitin ligase
            the repressor LacI|LacI
            auxin
            cytokinin
            the chaperone HSP70|HSP70
            the protein KLF4|KLF4
            dopamine neurons
            astrocytes
            the phage
            the host cell
            the promoter
            histone deacetylase
            the ribosome
            Wnt signalling
            Notch signalling
        """),
        _lines("""
            gene expression|transcript levels +
            cell division|the rate of division +
            apoptosis|programmed cell death -
            membrane potential +
            protein stability|the stability of the protein +
            mutation rate|the rate of mutation -
            lifespan|length of life +
            calcium influx|entry of calcium +
            fertility +
            DNA damage|damage to DNA -
            oxidative stress -
            binding affinity|strength of binding +
        """),
        _lines("""
            in yeast
            in zebrafish embryos|in embryos of zebrafish
            in the dark|without light
            under starvation|when nutrients run out
            in vitro|outside the organism
            in the hippocampus
            after heat shock|following heat shock
            in the root|in root tissue
        """),
        _lines("""
            is located in the nucleus|sits in the nucleus
            forms a dimer|pairs with itself
            is conserved in mammals|is the same across mammals
            is cleaved by caspases|is cut by caspases
            requires calcium|works only with calcium
            is secreted|is released from the cell
            peaks at dawn|is highest at dawn
            acts upstream of the receptor|works ahead of the receptor
            is lost during ageing|vanishes with age
            contains a zinc finger|has a zinc finger
        """),
        _lines("""
            is a target for new drugs
            arose by gene duplication
            is also active in plants
            controls the circadian clock
            differs between the sexes
        """),
    ),
)

SYLLABLES = ("ba", "cor", "dex", "el", "fi", "gra", "ho", "ix", "jun", "ka", "lo", "mer", "neo", "ori", "pla", "qua",
             "ri", "sol", "tan", "ul", "ven", "wi", "xan", "ya", "zer", "tri", "pho", "ster", "lin", "mab")  # fmt: skip
"""For invented names: GraTan, Solxan-2, NEOQ."""

MARKS = ("", "", "", "Net", "Former", "-2", "-XL", " 3", "Bench", "Flow", "-B", "ine", "mycin", "Kit", "++")

OPENINGS = (
    "",
    "",
    "",
    "Our experiments show that ",
    "In this study, ",
    "We find that ",
    "Notably, ",
    "Here we report that ",
    "Results indicate that ",
    "CONCLUSIONS: ",
    "Across all trials, ",
    "Interestingly, ",
    "It turned out that ",
    "These data show that ",
    "RESULTS ",
)

CLAIM_OPENINGS = (
    "",
    "",
    "",
    "",
    "",
    "The authors report that ",
    "It was found that ",
    "According to the study, ",
)
