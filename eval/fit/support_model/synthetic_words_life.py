"""The vocabulary of medicine and of biology. Written for this; its form is synthetic_field.py's."""

from __future__ import annotations

from eval.fit.support_model.synthetic_field import Field, lines

MEDICINE = Field(
    "medicine",
    lines("""
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
    lines("""
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
    lines("""
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
    lines("""
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
    lines("""
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
    lines("""
        is cheaper than the alternatives
        was well tolerated over ten years
        works through the immune system
        has been approved in several countries
        is favoured by nurses
        benefits those with severe disease most
        has no interaction with alcohol
    """),
)

BIOLOGY = Field(
    "biology",
    lines("""
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
    lines("""
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
    lines("""
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
    lines("""
        in yeast
        in zebrafish embryos|in embryos of zebrafish
        in the dark|without light
        under starvation|when nutrients run out
        in vitro|outside the organism
        in the hippocampus
        after heat shock|following heat shock
        in the root|in root tissue
    """),
    lines("""
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
    lines("""
        is a target for new drugs
        arose by gene duplication
        is also active in plants
        controls the circadian clock
        differs between the sexes
    """),
)
