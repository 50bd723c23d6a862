"""The vocabulary of machine learning and of physics. Written for this; its form is synthetic_field.py's."""

from __future__ import annotations

from eval.fit.support_model.synthetic_field import Field, lines

MACHINE_LEARNING = Field(
    "machine learning",
    lines("""
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
    lines("""
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
    lines("""
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
    lines("""
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
    lines("""
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
    lines("""
        runs on a mobile phone
        has been used in a commercial product
        was preferred by human raters
        needs fewer hyperparameters than earlier work
        is easier to implement
        carries over to speech
        keeps its advantage when the data is halved
    """),
)

PHYSICS = Field(
    "physics and materials",
    lines("""
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
    lines("""
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
    lines("""
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
    lines("""
        at low temperature|when cold
        at room temperature
        under high pressure|at high pressures
        in vacuum
        under illumination|in the light
        in humid air|in moist air
        at high fields|under strong fields
        near the phase transition|close to the transition
    """),
    lines("""
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
    lines("""
        can be made at an industrial scale
        agrees with density functional theory
        costs less to produce
        could serve in batteries
        survives a thousand cycles
        is free of toxic elements
    """),
)
