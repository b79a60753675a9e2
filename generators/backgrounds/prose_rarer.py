"""Rarer words of the built-in prose, which follow the commoner ones of the same list in `prose_nouns`, `prose_verbs`.

A novel owes half of its different words to those it uses once or twice; so does ours.
"""

from __future__ import annotations

RARER = {
    "person": """
        acolyte acrobat agitator alchemist almoner amanuensis anarchist anchorite apostle arbiter archdeacon archer
        aristocrat armourer assassin assessor astrologer atheist bailie ballad-singer bandit bargeman barrow-woman
        basket-maker beekeeper bell-founder benefactress besieger bigot bookbinder braggart brazier brewer bricklayer
        bridge-builder brigand broker buccaneer buffoon bugler bully bumpkin bystander cabman canon cardinal carter
        carver casuist catechist cavalier celebrity chamberlain champion chancellor chaplain charlatan chieftain
        chorus-singer clockmaker clothier clown coal-heaver coiner commodore commoner conjurer connoisseur conspirator
        consul contemporary contributor copyist cordwainer coroner corsair cosmopolitan courier coward cowherd
        craftsman crier crossing-sweeper crusader cur currier custodian cutler cynic dabbler damsel deacon dealer
        debauchee defaulter democrat dependant deserter despot dilettante diplomatist disciple distiller dissenter
        divine dogmatist dramatist drummer drunkard dullard dunce dupe dyer egotist embroiderer emissary
        encyclopaedist enthusiast envoy epicure equerry essayist exciseman executor exquisite fanatic farrier fatalist
        flatterer flower-seller fop freebooter freeholder freethinker fugitive fuller functionary gallant geologist
        ghost-seer glazier glutton godchild goldsmith gourmand grandee gravedigger grenadier groomsman guide gunner
        gunsmith haberdasher halberdier harpist haymaker headsman heathen helmsman henchman herald heretic hireling
        hosier humorist hypochondriac hypocrite idiot idler imbecile incumbent infidel ingrate inmate innovator
        inquisitor interpreter invalid inventor ironmonger itinerant janitor jester jilt joiner journeyman justice
        kidnapper lace-maker laggard lapidary laureate layman leaseholder lecturer legatee libertine librarian limner
        linguist linkman locksmith logician lord-lieutenant lunatic madcap magician maltster malcontent man-at-arms
        marauder mariner martyr marksman masquerader master-builder medallist mediator mendicant menial mercer
        metaphysician minstrel misanthrope moralist mountaineer mourner muleteer murderer mutineer mystic nabob
        navigator navvy neophyte newsvendor nobody nonentity novice oculist onlooker oracle orator orderly
        ornithologist outcast outlaw pagan pamphlet-seller paragon paramour partisan patriarch patriot paymaster peer
        perjurer pessimist petitioner pew-opener pharisee philologist phrenologist pirate plaintiff playwright plumber
        plunderer pluralist postmaster postmistress potboy potter prebendary predecessor prelate pretender
        prizefighter proctor prodigal prompter prophet proprietor proselyte protector publican publisher pugilist
        pupil puritan quack quartermaster recluse recruit rector's_wife refugee republican revivalist rhymer
        ringleader roadmender ropemaker roundhead rover royalist ruffian rustic sage sailmaker saint satirist sawyer
        sceptic schemer scribbler scribe sculptor seafarer seer seneschal sentinel sexton's_wife shipbuilder shipowner
        shirker shopkeeper shopman sibyl simpleton sketcher skipper slanderer sluggard snuff-taker soap-boiler
        sojourner sorcerer speechmaker spokesman sponsor sportsman squanderer stage-manager stockbroker stoker
        stonebreaker stonecutter straggler strategist stripling strolling_player student sub-editor sufferer surety
        sybarite sycophant tactician tale-bearer tallow-chandler tanner taskmaster taxidermist teetotaller theorist
        tide-waiter toady toll-keeper torchbearer toper townswoman traitor translator trapper truant trumpeter tyrant
        umpire underling upholsterer upstart urchin usher usurper valuer ventriloquist verger veterinary victim
        vintner violinist virtuoso visionary vixen votary wagoner waif waiter waitress waltzer wanderer warder
        washerwoman wastrel water-carrier weakling well-digger whaler whist-player wiseacre wit wizard wood-carver
        wool-stapler worshipper wrangler wreck-master wrestler yeoman yokel zealot""",
    "thing": """
        abacus adze air-gun alarum album almanack-case amulet anklet antimacassar arrow astrolabe awl backscratcher
        bagpipe balance bandore barrel-organ bassoon battledore bayonet bead beaker bell-pull billhook blotter
        blotting-pad blowpipe blunderbuss boat-hook bobbin bodkin boot-jack bootlace bow bracket bradawl bread-tray
        breastpin brickbat broadsword bugle bung burning-glass bust butter-dish calendar cameo canister cannon
        card-case carving-knife casket castanet catapult censer chaplet charm chopping-block chronometer churn clapper
        clarinet cleaver clothes-peg coal-scuttle cockade coffee-mill coffee-pot collection-plate compasses corkscrew
        cornet counterfeit_coin cracker cream-jug cribbage-board crook crosier crowbar crucible crucifix cudgel
        cup-and-ball curling-iron cutlass cylinder cymbal dagger dice dinner-bell dish distaff dog-collar domino
        doorknob drumstick duster dustpan egg-timer eye-shade ferrule figurine file fire-iron fish-knife flagon
        flageolet flail flat-iron flint-and-steel flower-pot flute-case fob foot-warmer footbath funnel gaff gag
        galley-proof game-bag gavel gimlet girdle globe-stand glue-pot gong grappling-iron grater greatcoat-button
        grindstone gun hair-brush hairpin halberd hand-bell hand-glass handcuff harpoon harrow hat-pin hatchet hautboy
        helmet hobby-horse holster horn horse-cloth horse-pistol horseshoe hot-water_bottle humming-top hurdle
        ice-pail idol incense-burner ink-bottle ink-eraser ironing-board ivory_fan jew's-harp jewel-casket jemmy
        kaleidoscope kettle-drum kettle-holder lance lancet lantern-slide lathe laurel-wreath lavender-bag life-buoy
        link linstock lodestone log lute lyre mace magic-lantern magnet magnifying-glass mallet mantilla marble
        marlinspike mask mattock measuring-tape medicine-glass metronome mill-stone missal monocle mop mosaic mould
        moustache-comb mug muzzle nail nail-brush napkin-ring nightlight nutcracker nutmeg-grater oil-can oyster-knife
        paint-brush palette pannier paper-knife paperweight parallel-ruler pastille patch-case pattern-book peg-top
        pencil pennon pepper-pot percussion-cap pewter_pot phylactery pick pickaxe pikestaff pill-phial pincers
        pipe-rack pitch-pipe plaque plate-warmer pocket-comb pocket-pistol poker-work pole pomander pot-hook potsherd
        powder-flask powder-horn powder-puff preserve-jar prism probe projectile pruning-hook pump punch-bowl puppet
        quart-pot quarterstaff quiver quoit ramrod rapier rattan razor reading-lamp reaping-hook rein rocket rosary
        rosette rubber-stamp ruler sabre saddle-bag salt-spoon sampler sand-glass sandwich-tin sauce-boat scabbard
        scalpel scent-bottle sceptre scissor-case scoop screw scroll-case sealing-wax_stick seed-packet sextant
        shaving-brush shears shield ship's_biscuit shot-belt shoulder-strap shrine sickle-blade signet skewer
        skipping-rope slate slide-rule sling slop-basin slop-pail snare snow-shovel soap-dish soup-ladle spatula
        spindle spittoon splint sponge spool spring-gun spy-hole_cover squib stave stiletto stopper strap stylus
        sugar-tongs sugar-basin surveyor's_chain switch sword-stick syringe tabor tambourine tape tassel tea-caddy
        tea-urn theodolite thong thurible tie-pin time-table tin-whistle toast-rack tobacco-pouch tomahawk tongs
        toothpick torchlight touchstone trap travelling-rug trencher tripod trivet trowel truncheon tuning-fork tureen
        tweezers twine valise ventilator vice viol visor walking-cane wand wash-leather watch-key watch-chain
        watering-pot wax_doll wedge weight whalebone whetstone whisk whistle-pipe wicket wine-glass winnowing-fan wire
        wooden_leg wrench writing-desk yardstick yoke zither""",
    "idea": """
        abhorrence abuse acclamation achievement adage admonition advance adversity affectation affront aggravation
        agony alibi allegation allegory alternative amends amusement analogy anathema anecdote anomaly antecedent
        anticipation antidote aphorism appeal appetite appointment aptitude aspersion aspiration assertion assumption
        assurance atonement attainment attempt attraction attribute auspice authority avowal axiom banter barbarity
        barrier bequest bewitchment bias blandishment blemish blessing boon bravado breach bribe burlesque by-word
        cabal calumny candidature caprice caricature catastrophe cause caution censure challenge chimera choice claim
        clemency clue coincidence collusion commendation commission commonplace communication compact compensation
        competition compulsion concealment conceit concern concurrence confirmation conflict conquest consent
        consequence consideration conspiracy contention contingency contradiction contrivance contumely conundrum
        convenience conversion corollary counsel counterfeit covenant craving credential creed criterion culpability
        cynicism daydream debauch deceit declaration decree deduction defect defence deference defiance degradation
        deliverance demonstration denial denunciation deposition derision description desideratum desolation
        destination destiny detail detriment development diagnosis dictate dictum digression disability disavowal
        disclosure discomfort discord discrepancy disguise disinclination dislike dismissal disorder disparagement
        displeasure disposition disqualification dissimulation distraction distress diversion doctrine dogma doom
        drawback eccentric_whim ecstasy effort effusion elaboration elegy embellishment emolument encouragement
        encroachment endowment enigma enmity entanglement entreaty epigram epithet epoch equivocation errand escapade
        eulogy evasion event exaggeration exception excess exclamation exertion exhortation exigency expectation
        expiation expletive exploit exposure expostulation extenuation extortion extremity fable fabrication fallacy
        familiarity farce fascination fatality felicity fiction figment finesse flattery flight_of_fancy fling
        forbearance forgery formality formula freak frustration fulfilment gain gallantry generality gibe gospel grace
        gratification guarantee guess hallucination handicap harangue havoc homage humiliation hyperbole hypothesis
        idiosyncrasy idolatry imbroglio impeachment impediment impertinence implication importunity imposition
        imposture impropriety impunity imputation inadvertence incentive inclemency incongruity inconsistency
        inconvenience incredulity indecision indemnity indignity indiscretion inducement indulgence infatuation
        influence information infraction infringement ingratitude iniquity initiative inkling inquietude insight
        inspiration instalment instigation instruction intelligence intercession interest interference interposition
        intrigue intuition invective invention irony irregularity isolation jargon jealousy joke justification knack
        lamentation lapse latitude legality lesson-book liability libel lie likelihood limitation litigation longing
        ludicrousness lull machination malady malediction manifestation manoeuvre mania martyrdom masterpiece matter
        mediation melodrama metaphor method mishap misapprehension misconception misconduct misdeed misdemeanour
        misnomer mission mockery monopoly mood moral motive mummery murder negation negotiation nicety nightmare
        nostrum novelty nuisance oath oblivion obstruction occasion offence omission oppression oration ordeal
        outburst outrage overture paradox parallel parody particular partiality pastime patronage peccadillo
        perception perfidy persecution perversity phase phenomenon philippic phrase plague plaint platitude plea
        pleasantry pledge plight plot point policy postulate precedent precocity predilection predisposition preface
        prelude premonition prerogative presage presumption pretension probability procrastination profanity profit
        prohibition project prologue prophecy propensity proportion proposition protest provision provocation
        punctilio qualification qualm quandary quest quibble quip raillery ransom rapture rarity ratification rebuff
        rebuke recantation recompense recourse rectitude redress refinement refutation rejoinder relapse relaxation
        reliance reluctance reminder reminiscence remonstrance renown reparation repartee repentance representation
        reprieve reprimand reprisal repugnance reputation requirement research reserve resource respite restitution
        restraint restriction retaliation retribution revelation revenge rigmarole rivalry romance ruse sacrilege
        safeguard sally sanction sarcasm satire scarcity scepticism scrutiny secrecy self-deception self-reproach
        sensibility sequel service shift simile simplification slander slight sophistry spell splendour stigma
        stipulation strain stricture subject subterfuge subtlety suggestion suit sum summary supplication supposition
        surmise surprise suspense symbol symptom synonym taboo taunt technicality temerity tenet testimony thesis
        thirst tie torment torture toil trait transaction transformation transgression treason trick trifle truce
        truism truth ultimatum uncertainty understanding uneasiness unkindness upheaval usage usury vagary validity
        vengeance veto vexation view vindication violation vow whim wile windfall witticism woe worry wrangle""",
    "part": """
        anteroom armoury balustrade barrack-room basement bay-window belvedere boathouse boiler-room boudoir
        bow-window breakfast-parlour butler's_pantry card-room catacomb chamber-door chapter-house chimney-piece
        chimney-stack clerestory cockloft corbel corridor council-chamber court-yard cow-shed cupola dais deck dome
        donjon dovecot drawbridge dressing-room fanlight fives-court flagstone flight_of_stairs flue forecastle
        foundry-yard fretwork front-parlour gargoyle gateway gun-room harness-room hatchway hearthstone hen-house hold
        ingle-nook inner_court jamb jury-room keep kennel lady-chapel lancet-window laundry lean-to lich-gate
        lightning-rod log-house loggia loop-hole lumber-room lunette minaret mizzen moat mullion muniment-room
        music-room oratory oriel orlop oubliette outbuilding paddock-gate pane parapet parlour-door partition
        paving-stone pediment pent-house pigsty pillory pinnacle platform plinth poop portcullis postern
        powder-magazine press-room priest-hole prow quarter-deck quoin rampart refectory reredos rood-screen rotunda
        saddle-room salon sanctum scaffold sepulchre servants'_door shaft shop-front shrine sill sluice smoke-room
        solar spire spout stable-door stanchion state-room steward's_room stoke-hole stone_floor strong-room tap-room
        taffrail thatch tool-house tribune turnstile undercroft vaulting verandah wardroom watch-tower water-butt
        water-gate weathercock well wheelhouse wicket-gate windlass wine-vault wood-house wing yard""",
    "wear": """
        alb anklet apron-string armlet baldric balmoral band bandeau bangle bedgown belt beret blouse boa bob-wig
        bombazine_skirt braid breastplate breeches-pocket brogue buckskin buff_jerkin bustle cameo_brooch cape
        cardinal_cloak cassimere_coat chasuble chemise chignon cincture coif comb cope cord cowl crinoline cuirass
        cummerbund cut-away domino doeskin dolman drawers-string dress-coat dress-shoe earring ermine_tippet eye-patch
        fal-lal farthingale fez fichu fillet foraging-cap frill gaberdine gala-dress gingham gorget habit-shirt
        hairnet half-boot hauberk helmet hessian_boot high-heeled_shoe hose house-cap huckaback_apron jabot jack-boot
        kilt knee-breeches-buckle lace_cap leggings-strap livery_coat mackintosh mantilla mask mob-cap moccasin
        mortar-board nankeen_jacket neckerchief negligee night-shirt opera-cloak opera-hat pannier paletot pantaloon
        partlet patch pea-jacket peaked_cap pelerine periwig plaid pilot-coat poke-bonnet pompon poncho pump-shoe
        puttee redingote rosette ruff sabot sackcloth_shirt sash-ribbon shako shirt-front shoe-string shooting-jacket
        silk_hat skirt skull-cap smock-frock snood sock sombrero spatterdash stay-lace stomacher straw_hat
        suit_of_mourning sun-bonnet surcoat swallow-tail swaddling-band tabard tail-coat tam-o'-shanter tasselled_cap
        train trouser-strap tucker tunic-belt ulster veil-pin velveteen vest wedding-dress wideawake wimple
        woollen_shawl wrap""",
    "land": """
        acre alp aqueduct archipelago backwater bank barrow beacon beanfield bight bluff bower boundary brake brow
        bulrush-bed bypath by-way cairn cape cascade cataract causeway cavern cemetery channel chasm chine cinder-path
        circus clay-pit clearing close coal-field coomb cove covert cow-pasture crater croft cross-path dale dam delta
        desert dingle ditch drift dyke eddy elm-walk encampment esplanade everglade fallow fastness fells-side firth
        fish-pond fjord flat foothill foreland foreshore fountain frontier furrow furze-brake glacier glade goat-track
        grotto ground-swell gulf gulch hazel-copse heather-slope highland hillock hillside hunting-ground iron-works
        isle islet isthmus jungle kale-yard knoll ledge lea lime-kiln lime-walk lock malt-yard marl-pit maze mill-pond
        mill-stream mound narrow_pass oasis ocean osier-bed outskirt ox-bow pack-road parade-ground peat-moss
        peninsula pinnacle pit pit-head playing-field plateau plot poplar-walk potato-field precipice prairie quagmire
        quicksand race-course rapids-head rampart reservoir rift rill rise riverside roadside rock rope-walk rose-walk
        runlet saddle-back salt-marsh sandspit scarp sea seaboard shallows-edge sheet_of_water shoal shingle skerry
        slag-heap slough slade sound spa spring springhead strand strait stretch_of_turf swale terrace-walk tide-way
        towpath track tract trench tributary turf-bank vale verge wasteland water-course water-meadow waterside
        wayside wheat-field whirlpool wilderness wold woodland yew-walk""",
    "build": """
        aerie amphitheatre apothecary's_shop arcade arch armoury bakehouse bandstand bastille bathing-machine bazaar
        bell-tower bethel block-house bookshop booth bungalow butcher's_shop cabaret calico-mill camp cattle-market
        chandlery chapel-of-ease charnel-house chop-house citadel club-house coal-wharf coastguard_station
        coaching-inn concert-room corn-mill corn-exchange cottage_hospital cotton-mill counting-house cow-shed
        dame's_cottage deanery debtors'_prison diorama dispensary dog-kennel draper's_shop dwelling-house eating-house
        embassy engine-house farmstead ferry-house flour-mill flower-show_tent forester's_hut fortress
        foundling_hospital garrison-town gin-shop glass-house granary guard-house hall hermit's_cell hostelry hothouse
        hunting-lodge hydropathic ice-house iron-foundry keeper's_lodge kiln law-court lazaretto library lock-house
        log-cabin machine-shop madhouse malt-house meeting-house menagerie mews mission-hall moot-hall mosque
        music-hall nunnery observatory oil-mill opera-house orangery orphanage pagoda paper-mill pavilion peel-tower
        pest-house physician's_house pigeon-house pilot's_cottage playhouse potting-shed pottery powder-mill
        poultry-yard presbytery printing-house pump-room rag-shop reading-room rectory-house refuge ropery saw-mill
        sail-loft sanatorium senate-house shanty silk-mill smelting-house soap-works stationer's_shop station-house
        store sugar-refinery synagogue tabernacle tea-shop temple tithe-barn tollbooth tower toy-shop tradesmen's_club
        turnpike-house union-house vintry wash-house waterworks wayside_inn weigh-house wharfinger's_house wigwam
        wool-hall yacht-club""",
    "animal": """
        albatross alligator anchovy ant antelope ape asp ass bantam barn-owl barnacle beagle beaver bloodhound
        bluebottle boar bobolink brock buck buffalo bug bumble-bee bustard buzzard camel carrier-pigeon carrion_crow
        centipede chameleon chick chough cicada clam cobra cock cockatoo cockle cockroach cod collie condor coot
        corncrake crab crane crayfish crocodile cygnet dab-chick dachshund dace dolphin dove dromedary duckling eagle
        earthworm earwig eft elephant elk emu fallow-deer fantail field-fare firefly flea flounder flycatcher fox-cub
        fowl gadfly gallinule game-cock gazelle gelding gnu gosling grebe grub gudgeon guinea-fowl haddock halibut
        hart hen-harrier hermit-crab hind hippopotamus hoopoe hornet horse-fly house-fly humming-bird hyena ibex
        insect jackal jellyfish kangaroo kid kite lamprey landrail lapdog leech leopard leveret limpet linnet's_chick
        llama lobster louse lynx macaw mackerel mallard mammoth marten martin may-fly merlin minnow mongrel moorhen
        mosquito mullet muskrat mussel narwhal newt nuthatch octopus ostrich ousel ox-calf oyster-catcher palfrey
        panther paroquet peewit pelican penguin perch peregrine petrel phoenix pipit plaice pointer-pup poodle
        porcupine porpoise ptarmigan puffin pullet puppy python quail ram redstart reindeer ringdove roach roan
        rook's_fledgling sandpiper sea-gull seal sea-urchin serpent shad shark shrew shrike shrimp silkworm skate
        skylark sloth smelt snake sole sparrow-hawk spoonbill springbok squid stallion steed steer stickleback
        stonechat stork sturgeon swallow-tail swift tadpole tapir tench tern thoroughbred tiger tit titlark tomtit
        turbot turtle turtle-dove viper vulture wagtail walrus warbler wasp's_grub water-rat weevil whale wheatear
        whelk whippet widgeon willow-wren wood-pigeon wryneck yak yearling zebra""",
    "padj": """
        abject abrupt abstemious abstracted adroit adventurous alert aloof amorous ample-hearted angelic animated
        apologetic apoplectic apprehensive aquiline ardent argumentative aristocratic arrant articulate asthmatic
        astute athletic attenuated audacious austere authoritative avuncular barbarous beardless belligerent benign
        bilious blameless blear-eyed blithe bloodthirsty bluff blustering boisterous bookish boorish bow-legged brawny
        brazen brisk brusque buxom callous cantankerous captious cavalier censorious chaste childless chivalrous
        choleric churlish circumspect clear-headed clerical cold-blooded comely communicative complaisant complacent
        conciliatory condescending confiding conscientious consequential consumptive contemplative contemptuous
        contumacious convivial coquettish cordial courageous courtly covetous crabbed craven crestfallen cross
        cross-grained cultivated curt daring dashing dauntless decorous decrepit defiant deferential degenerate demure
        designing despondent devil-may-care diffident diligent diplomatic discerning discreet disdainful disreputable
        dissipated distinguished doleful domineering doting dour downright downtrodden dreamy droll dropsical dubious
        easy-going effeminate effusive egotistical emaciated eminent emphatic enterprising equable ethereal
        evangelical exacting excitable execrable exemplary experienced facetious faint-hearted famous fanatical
        farouche fastidious fatuous fearless fervid festive fidgety fiery firm flaccid flighty flippant florid
        flustered forbearing forgetful foxy fractious frail free-spoken frivolous frolicsome frugal full-blooded
        fulsome fussy gallant gamesome gawky genial giddy glib gluttonous godless gouty gracious grasping grim
        grizzled grovelling guileless gullible gushing haggard hale half-witted hardened hardworking harebrained
        headlong hearty heartless heathenish heedless helpful helpless heroic hoary homely homeless hospitable
        hot-headed huffy hulking humane humorous husky hysterical ill-favoured ill-mannered ill-starred illiterate
        imbecile immaculate immoral impassive impecunious imperious imperturbable impetuous impious importunate
        impotent impracticable impressionable improvident impulsive inarticulate incorrigible indefatigable
        independent indomitable indulgent inexperienced inexorable infamous infatuated infirm inflexible ingenious
        ingratiating inhospitable inhuman inoffensive inquisitive inscrutable insidious insipid insufferable
        intelligent intemperate interfering intractable intrepid introspective invalided inveterate invincible
        irascible irreproachable irresponsible irreverent jaded jaunty jocose jocular jolly jovial joyless judicious
        juvenile kindred knavish knock-kneed knowing laborious lachrymose lackadaisical laconic lax lean-faced lenient
        lethargic limping lisping literal litigious loathsome loquacious lovelorn lovesick loving lugubrious lusty
        maidenly maimed malevolent malignant mannerly martial maudlin mawkish mealy-mouthed meddlesome mellow
        memorable mendacious mercenary merciful merciless methodical mettlesome mincing misguided moody moonstruck
        moralising mulish munificent musical muscular mute mutinous naughty neglectful nimble nondescript nonchalant
        nosy obdurate obliging obsequious obtrusive obtuse old-maidish opinionated optimistic orderly orthodox
        ostentatious overbearing overworked palsied paltry paralytic parsimonious passive paternal patriotic
        patronising peaceable pensive perfidious perspicacious perverse petulant philanthropic phlegmatic pitiless
        plodding plump plucky pock-marked poetical poky polished polite-spoken ponderous pragmatical precise
        precocious prejudiced prepossessing presumptuous priggish prim princely prodigal profligate prolix prosaic
        prosy prudish puffy pugnacious punctilious punctual puny purse-proud purblind quaint quarrelsome
        quick-tempered quick-witted quixotic rabid rakish rambling rapacious rash rebellious reckless recreant refined
        refractory repentant reprehensible repulsive resentful resigned resourceful responsive retiring revengeful
        rheumatic ribald righteous rigorous rollicking rotund rubicund ruthless sacrilegious saintly sanctimonious
        sapient sardonic saturnine scandalous scatter-brained sceptical scheming scholarly scraggy scrubby seafaring
        sedentary seditious self-conscious self-denying self-made self-possessed self-righteous self-satisfied
        self-willed sensitive sententious servile shameless sharp-featured sharp-sighted shiftless shifty shrewish
        shrill shrinking simple-minded single-minded sinister skilful slatternly sleek slender-waisted slim slipshod
        slothful slovenly sluggish smirking smug snappish snobbish sober sociable soft-hearted soldierly solicitous
        sordid sottish spare spasmodic spirited spiritless splenetic squalid squeamish staid stalwart staunch
        steadfast stoical stolid stone-deaf stout-hearted straightforward strait-laced strapping strong-minded
        studious stunted sturdy suave submissive subservient subtle sulky superannuated supercilious superior supple
        suspicious swaggering sycophantic sympathetic tactful tactless tasteless tawny tearful tedious temperate
        tempestuous tenacious tetchy thankful thankless thick-set thin-lipped thorough threadbare thriftless thriving
        timorous tiresome toilworn tolerant tongue-tied touchy trim troublesome truant truculent trusting trustworthy
        truthful turbulent tyrannical ubiquitous ugly unbending uncharitable uncommunicative uncompromising uncouth
        unctuous undaunted undemonstrative unfeeling unflinching ungainly ungracious unlettered unmannerly unobtrusive
        unpretending unruly unscathed unselfish unsociable unsophisticated unspoiled unwary unwearied unwelcome
        unworldly unworthy upright urbane vacillating vacuous vagrant valetudinarian valiant vapid vehement venal
        venomous venturesome veracious verbose vigilant villainous virtuous vituperative volatile voracious waggish
        wakeful wan warlike wary waspish wasteful watchful wayward weak-minded well-born well-to-do well-educated
        wheezing whimsical whining wicked wily winning winsome wishful withered wizened woebegone wondering
        woolly-headed wordy world-weary wrathful wrinkled wry youthful zealous""",
    "aadj": """
        abstruse accidental adequate admirable adverse afflicting aimless alarming alleged all-absorbing ambiguous
        amicable amusing ancestral annual anomalous anonymous antiquated apparent appalling appropriate arbitrary
        arduous artificial artistic astounding atrocious auspicious authentic awful awkward barbaric baleful baneful
        beneficial bewildering bewitching bizarre blasphemous blessed blissful boastful bodily brazen breathless brief
        brilliant brutal burdensome calamitous capricious captivating cardinal casual catastrophic ceaseless charmless
        circuitous circumstantial classic coherent colloquial collective colossal comical commendable commercial
        compassionate compelling compensating competent complimentary comprehensible compulsory concealed conclusive
        conditional confidential confirmed conflicting congenial conjugal conscious consistent conspicuous contagious
        contemporary contemptible conventional convincing copious corresponding counterfeit creditable criminal
        critical crowning crucial crude crushing culpable cumulative curt daily damning dazzling deadly decisive
        deep-laid deep-rooted deep-seated defective definite delirious delusive demoralising depressing derogatory
        desirable despairing despicable despotic destructive detailed devastating devilish devotional diabolical
        didactic dilatory diminishing direct disastrous disconcerting discreditable disheartening dishonest disloyal
        disproportionate disquieting distasteful distinct distressing diurnal divine dogmatic dormant doubtless
        dramatic drastic dreamlike dutiful dubious ecclesiastical ecstatic edifying effective efficacious elaborate
        electric elemental elevated eloquent elusive embarrassing embittered enchanting endless endurable engrossing
        enigmatic enlightened enormous enthusiastic entrancing enviable ephemeral epistolary equitable equivocal
        erroneous ethical evasive evil exaggerated exasperating exceptional exciting exclusive excruciating excusable
        exhausting exhilarating exorbitant expedient expensive experimental explicit extempore extensive external
        extraneous extreme fabulous facile fallacious fantastic far-fetched far-reaching farcical fascinating
        fatherless fearful feasible felicitous fictitious fiendish figurative financial fiscal fitful flagrant
        flattering flimsy forbidden forced forcible foregone forensic foreign formidable fortuitous fragmentary
        frantic fraternal fraudulent free frightful frigid fugitive functional fundamental furtive futile galling gay
        generic genial ghastly glaring glorious godlike graceful gradual grandiose graphic gratifying gratuitous
        grievous grotesque groundless grudging gruesome habitable hallowed haphazard harassing hard-earned hard-won
        harmonious harrowing haunting heart-rending heartbreaking heartfelt heinous hellish helpless hereditary heroic
        hideous high-flown high-minded historic historical holiday homespun horrible horrid horrifying hostile
        household human humane humdrum humiliating hushed hypothetical ideal identical ignoble ignominious ill-advised
        ill-assorted ill-conceived ill-considered ill-founded ill-omened illegal illicit illogical illusory immaterial
        immature immeasurable immemorial imminent impartial impending impenetrable imperative imperial impersonal
        impervious implicit imposing impossible impracticable impressive improbable impromptu improper inadequate
        inalienable inane inappropriate inarticulate incendiary incidental incipient incoherent incommunicable
        incomparable incompatible incomplete incomprehensible inconceivable inconclusive incongruous inconsolable
        incontestable incorrect incredible indecent indecorous indefensible indefinable indefinite indelible indirect
        indiscreet indiscriminate indispensable indisputable indistinct individual indubitable ineffable ineffectual
        inert inexcusable inexhaustible inexpedient inextinguishable inextricable infallible infernal inferior
        infrequent ingrained inherent inherited inimical inimitable iniquitous initial injudicious innate innumerable
        inopportune insane insatiable insecure insensible inseparable insignificant insincere insoluble inspiring
        instantaneous instructive insufficient insulting insuperable intangible intellectual intelligible intentional
        interesting interminable intermittent internal intimate invidious inviolable inviting inward ironical
        irrational irreconcilable irrefutable irregular irrelevant irremediable irreparable irrepressible irresolute
        irreverent irrevocable isolated jarring jealous jesting joint joyful joyous judicial justifiable keen languid
        large latent latter-day laudable laughable lavish leading legal legendary leisurely lifelong lifeless limited
        lingering literary little-known local logical long-deferred long-forgotten long-standing loose low loyal lucid
        lucrative ludicrous lurid luxurious magical magnanimous magnificent maiden malicious malignant manifold
        marital marked marvellous material matrimonial mature mawkish mechanical mediocre medical memorable menacing
        mental merciful mere meritorious meteoric military mingled minor minute miraculous mirthless misplaced
        mistaken mock modern monetary monotonous monstrous moral mortifying motherly moving multifarious mundane
        municipal musical mystical mythical naked nameless narrow national nautical needful needless nefarious
        negative nervous neutral new-born nightly nocturnal nominal notable noteworthy noticeable novel noxious
        nuptial objectionable obligatory obnoxious obsolete obstinate oblique occult ominous onerous open opportune
        oppressive optional oratorical original ostensible outrageous outspoken outward overdue overpowering overt
        palpable panic paradoxical paramount pardonable parochial particular passing pathetic patent patient peaceful
        pecuniary penal pensive perennial peremptory perfunctory periodical permanent permissible pernicious
        perplexing persistent personal persuasive pertinent pervading perverse pestilent philosophic physical
        picturesque pious piquant pitiful pitiless playful pleasing pleasurable poetic pointed polemical popular
        portentous possible posthumous potent powerful practicable praiseworthy precarious precious precipitate
        precise preconceived predominant preliminary preposterous present presumable prevailing priceless primary
        primeval primitive prior privileged probable problematical prodigious productive professional profitable
        prolific prolonged prominent promising propitious prospective providential provincial provisional provoking
        proximate psychological puerile punctilious pungent pure quarterly quenchless questionable quizzical racking
        radical rancorous rankling rapt rapturous ready reassuring receding recondite recurring redoubtable refreshing
        regal regretful regular relative relentless relevant religious reluctant remorseful remunerative repeated
        reproachful requisite respectful responsible retrospective revolting revolutionary rhetorical righteous rigid
        rigorous rival rooted rousing royal rudimentary rueful ruinous ruling sacrificial salutary sane sanguinary
        satisfactory saving scathing scientific scrupulous searching seasonable secular sedulous seeming self-evident
        self-imposed selfless senseless sensational separate sepulchral shadowy shallow shocking sickening significant
        similar simultaneous sinful sinister slavish slender slow smouldering social soothing sophistical sorrowful
        sought-for spacious special specific spectacular speechless speedy spiritual splendid spontaneous spurious
        stainless staggering startling statutory stealthy sterile sterling stifled stimulating stinging stirring stony
        strenuous striking stringent stubborn studied stunning stupefying stupendous stupid sublunary subordinate
        subsequent substantial successful successive suicidal suitable sullen summary sumptuous superb superhuman
        superlative supernatural supreme surpassing surprising surreptitious sustained swift symbolic tacit tangible
        tantalising tasteful tearful technical tedious temperate temporal temporary tempting tenable tentative tepid
        terrific thankless theatrical theological theoretical thorough thoughtless threefold thrilling timely timeworn
        titanic toilsome tortuous touching tragic traditional tragical traitorous tranquil transcendent transparent
        treasonable tremendous tremulous trenchant tribal tributary trite triumphal triumphant trivial troublesome
        truthful turbulent twofold typical ulterior unabated unaccustomed unalloyed unalterable unanimous unanswerable
        unassailable unauthorised unbearable unbecoming unbelievable unblushing unbounded unbroken uncalled-for
        uncanny unceasing unceremonious unchangeable unchristian uncomplaining uncomplimentary unconditional
        unconquerable uncontrollable unconventional undefinable undeniable underhand undeserved undesirable
        undignified undisguised undisputed undivided undoubted undue undying unearthly unequal unequivocal unerring
        unexceptionable unfailing unfathomable unfeigned unflattering unforgettable unforgivable unfounded ungenerous
        ungovernable unguarded unheard-of unholy uniform unimaginable unimpeachable uninterrupted unique universal
        unjust unkind unknown unlimited unlooked-for unmeaning unmerited unmistakable unmixed unnecessary unobserved
        unpalatable unprecedented unprofitable unpromising unprovoked unqualified unquenchable unquestionable unreal
        unremitting unreserved unrivalled unseasonable unseemly unselfish unshaken unspoken unsuitable untimely untold
        unvarying unwarrantable unwearying unwelcome unwise unwonted upright uproarious useful useless vacant vagrant
        valiant valid vehement veiled venerable vengeful venial verbal vexatious vicarious vicious victorious vigorous
        vile vindictive virtual virtuous vital vivid volcanic voluminous voluptuous voracious vulgar wanton waning
        warm warrantable wasted weary weighty weird well-earned well-founded well-grounded well-known well-timed
        wholehearted wicked widespread wild wilful winning wistful withering woeful wonderful wondrous worthy yearly""",
}
