"""Nouns of the built-in prose, by kind: `NOUNS["thing"]` are objects a hand can hold.

Commoner words come first (earlier words are drawn more often); "_" stands for a blank inside an entry.
"""

from __future__ import annotations

# Nouns that are counted; `prose_forms` makes their plurals.
NOUNS = {
    "person": """
        gentleman lady servant stranger clergyman doctor lawyer widow farmer labourer housekeeper clerk merchant
        governess soldier sailor butler footman coachman magistrate tradesman curate vicar surgeon attorney banker
        tenant landlord innkeeper housemaid cook groom postman carrier miller blacksmith carpenter tailor shoemaker
        grocer draper baker butcher apothecary steward bailiff constable sexton beadle churchwarden bishop dean rector
        squire baronet heiress spinster bachelor guardian ward cousin uncle aunt nephew niece godfather godmother
        stepmother orphan pauper beggar pedlar gipsy poacher gamekeeper shepherd ploughman drover dairymaid laundress
        seamstress milliner dressmaker nurse midwife tutor scholar poet painter musician actor critic philosopher
        preacher missionary pilgrim hermit traveller passenger captain colonel lieutenant corporal sergeant admiral
        midshipman boatman fisherman ferryman smuggler turnkey gaoler prisoner convict juryman barrister solicitor
        judge witness creditor debtor moneylender usurer pawnbroker speculator director shareholder manufacturer
        engineer mechanic weaver collier mason thatcher cobbler saddler wheelwright cooper chandler bookseller printer
        stationer engraver watchmaker jeweller auctioneer surveyor architect overseer foreman apprentice porter
        messenger errand-boy ostler postilion guardsman hussar dragoon volunteer veteran pensioner widower bridegroom
        bride bridesmaid suitor admirer rival confidant companion chaperon hostess guest visitor caller neighbour
        parishioner villager townsman countryman foreigner exile ambassador statesman politician candidate elector
        alderman mayor sheriff registrar notary secretary treasurer accountant cashier bookkeeper lodger landlady
        charwoman scullion page lackey valet chambermaid wet-nurse matron dowager countess duchess marquis earl
        viscount baron knight nobleman courtier dandy gambler spendthrift miser rogue vagabond impostor swindler
        pickpocket burglar highwayman informer spy detective philanthropist reformer pamphleteer journalist editor
        novelist historian antiquary naturalist botanist astronomer mathematician physician dentist chemist undertaker
        gravedigger organist chorister bell-ringer fiddler piper juggler showman jockey huntsman angler falconer
        forester woodman charcoal-burner tinker hawker huckster fishwife barmaid tapster drayman lamplighter watchman
        chimney-sweep scavenger lighthouse-keeper coastguard pilot boatswain purser stowaway castaway emigrant settler
        colonist planter""",
    "kin": """
        father mother brother sister son daughter husband wife uncle aunt cousin nephew niece grandfather grandmother
        guardian friend companion child benefactor patron kinsman godmother godson stepfather sister-in-law
        brother-in-law mother-in-law father-in-law son-in-law daughter-in-law half-brother ward playfellow great-aunt
        great-uncle foster-mother old_nurse partner trustee predecessor successor grandson granddaughter kinswoman
        namesake parent relation stepson benefactress governess tutor housekeeper""",
    "animal": """
        horse dog pony mare spaniel terrier hound donkey mule cow bullock calf heifer ox lamb ewe goat pig hen goose
        duck pigeon rook raven crow jackdaw magpie starling sparrow thrush blackbird linnet robin lark nightingale owl
        hawk heron swallow wren cuckoo pheasant partridge grouse hare rabbit fox badger otter hedgehog squirrel stag
        deer fawn weasel stoat ferret mole rat bat toad lizard adder trout pike salmon eel carp bee wasp moth
        butterfly beetle spider cricket gnat grasshopper parrot canary peacock turkey cockerel kitten pug mastiff
        greyhound retriever setter pointer bulldog colt filly foal cart-horse hunter cob hack monkey tortoise bear
        curlew plover snipe gull cormorant kestrel jay bullfinch chaffinch goldfinch glow-worm dragonfly snail
        caterpillar nag sow gander drake bittern kingfisher woodpecker""",
    "thing": """
        letter book key candle lamp watch purse ring glass cup bottle knife pen paper newspaper parcel basket umbrella
        walking-stick pipe snuffer tea-cup saucer plate spoon fork jug pitcher decanter tumbler teapot kettle poker
        shovel bell lantern torch match candlestick inkstand quill penknife sheet_of_paper envelope seal locket
        bracelet brooch necklace miniature portrait picture mirror comb brush fan bouquet nosegay needle thimble
        work-basket skein knitting-needle pincushion prayer-book hymn-book Bible ledger account-book pocket-book
        memorandum map chart telescope compass spyglass pistol sword musket fowling-piece fishing-rod whip saddle
        bridle spur stirrup halter rope chain padlock bolt hammer chisel saw axe spade rake hoe sickle scythe
        pitchfork bucket barrel cask hamper sack bag bundle portmanteau trunk carpet-bag violin flute guitar fiddle
        drum trumpet music-book playing-card dice-cup chessboard pawn toy doll rocking-horse hoop kite ball
        shuttlecock top whistle rattle bird-cage shawl-pin hour-glass sundial barometer thermometer microscope
        spectacle-case eye-glass snuff-horn tobacco-jar cigar tinder pack-thread ribbon button buckle shoe-horn
        warming-pan bellows toasting-fork gridiron saucepan frying-pan ladle mortar sieve colander rolling-pin
        bread-knife loaf pie pudding cheese ham biscuit orange lemon peach plum walnut bunch_of_grapes flask phial
        pill lozenge bandage crutch wheel plough anvil ladder oar anchor net sail tiller coil_of_rope flag banner
        sixpence shilling guinea sovereign halfpenny bank-note coin medal trinket bauble keepsake relic urn vase bowl
        basin ewer tray salver platter tankard goblet chalice cruet mustard-pot salt-cellar egg-cup napkin tablecloth
        counterpane pillow bolster blanket quilt cushion hearth-rug doormat curtain-ring bell-rope candle-end
        rushlight taper""",
    "furn": """
        table chair bed sofa desk cupboard sideboard wardrobe bookcase writing-table arm-chair stool bench settle
        dresser clock piano harpsichord cabinet bureau screen footstool couch ottoman easy-chair rocking-chair cradle
        bedstead wash-stand dressing-table looking-glass mantelpiece fender grate hearth fireplace carpet rug curtain
        blind card-table work-table dinner-table tea-table bookshelf shelf drawer chiffonier escritoire four-poster
        mattress hammock sea-locker counter pulpit pew lectern font organ hat-peg umbrella-stand window-seat
        chimney-corner side-table music-stand fire-screen candelabrum chandelier sconce tapestry wainscot dumb-waiter
        plate-rack meat-safe copper mangle spinning-wheel loom easel globe""",
    "part": """
        door window staircase room parlour wall chamber passage corner drawing-room dining-room library study hall
        landing chimney roof floor ceiling threshold lobby closet attic cellar gallery porch balcony courtyard gate
        doorstep doorway casement lattice window-pane shutter keyhole latch lintel cornice gable turret tower steeple
        belfry battlement archway buttress portico colonnade vestibule ante-room nursery pantry scullery larder
        store-room counting-house workshop loft hay-loft coach-house stable-yard outhouse wash-house conservatory
        arbour terrace banister stair back-door front-door side-door trap-door skylight dormer eaves rafter beam
        pillar alcove recess niche cloister crypt vault vestry chancel nave aisle transept ward cell dungeon garret
        housetop servants'_hall breakfast-room morning-room sitting-room bedchamber dressing-closet smoking-room
        powder-closet linen-closet still-room dairy brew-house bakehouse wine-cellar coal-cellar area railing palisade
        forecourt quadrangle""",
    "wear": """
        hat coat bonnet cloak shawl glove handkerchief gown waistcoat boot shoe stocking cap apron veil collar cravat
        sleeve cuff petticoat bodice mantle great-coat riding-coat dressing-gown nightcap wig slipper gaiter garter
        sash scarf neckcloth muffler hood tippet muff pelisse spencer surtout frock frock-coat jacket jerkin smock
        pinafore riding-habit doublet tunic uniform livery cassock surplice epaulette plume feather parasol reticule
        shirt shirt-frill wristband shirt-collar pocket lappet coat-tail button-hole hem flounce ruffle kerchief
        turban head-dress wreath tiara coronet mourning-ring hatband sandal clog patten mitten gauntlet bandanna
        comforter overcoat wrapper oilskin sou'wester beaver top-boot""",
    "land": """
        road lane hill river field wood village valley meadow bridge stream path moor common heath forest hedge shore
        cliff beach bay harbour island coast headland mountain ridge slope hollow glen dell ravine gorge pass crag
        peak summit moss marsh fen swamp bog pond lake pool brook rivulet torrent waterfall ford ferry mill-race weir
        canal towing-path turnpike highway cross-road milestone finger-post stile footpath cart-track avenue grove
        copse thicket spinney plantation orchard vineyard cornfield stubble-field pasture paddock farmyard churchyard
        burial-ground quarry gravel-pit chalk-pit sand-hill down upland lowland plain horizon estuary creek inlet
        sandbank lagoon reef promontory wharf quay pier jetty breakwater market-place street alley court crescent
        thoroughfare suburb hamlet parish county shrubbery lawn flower-bed gravel-walk carriage-drive deer-forest
        warren rookery hop-ground turnip-field hayfield rick-yard mere tarn beck gully embankment cutting viaduct
        tunnel""",
    "build": """
        house cottage church inn farm mansion castle abbey mill shop chapel cathedral rectory vicarage parsonage manor
        manor-house villa lodge lodging-house boarding-house tavern ale-house public-house coffee-house hotel theatre
        assembly-room court-house prison gaol workhouse hospital asylum almshouse infirmary college university academy
        seminary museum bank warehouse factory foundry brewery distillery tannery barn stable cow-house dovecote
        windmill water-mill lighthouse toll-house gate-house summer-house hut shed cabin hovel tenement barrack fort
        arsenal dockyard shipyard custom-house exchange town-hall guildhall market-hall railway-station post-house
        priory convent monastery nunnery hermitage ruin tomb mausoleum monument pavilion folly palace grange homestead
        farmhouse forge smithy bakery pawnshop counting-room""",
    "idea": """
        thought opinion hope fear doubt idea reason question answer promise secret plan scheme purpose duty wish
        memory fancy belief suspicion notion principle argument excuse objection resolution decision determination
        intention ambition dream prospect chance fortune misfortune calamity disaster sorrow trouble difficulty danger
        obstacle advantage benefit favour kindness injury insult injustice wrong fault error blunder mistake failure
        success triumph victory defeat disgrace scandal rumour report story tale legend history narrative circumstance
        incident accident adventure enterprise undertaking engagement arrangement agreement bargain contract condition
        proposal offer request demand command order message explanation confession apology reproach accusation charge
        complaint grievance compliment remark observation reply retort jest proverb maxim precept lesson example
        warning threat menace prophecy omen mystery riddle puzzle problem theory conjecture conviction prejudice
        superstition custom habit tradition ceremony privilege right claim title inheritance legacy dowry debt
        obligation sacrifice penance punishment penalty reward consolation comfort temptation weakness infirmity vice
        sin crime treachery deception falsehood pretence pretext stratagem artifice device expedient experiment
        precaution preparation occupation profession vocation pursuit task labour burden responsibility trust
        confidence affection attachment passion sentiment emotion sensation impression impulse instinct inclination
        preference taste aversion antipathy resentment grudge quarrel feud dispute controversy disagreement
        misunderstanding reconciliation compromise concession alliance friendship acquaintance connexion relationship
        courtship betrothal match separation estrangement absence loss bereavement regret remorse scruple misgiving
        presentiment foreboding apprehension anxiety perplexity dilemma predicament crisis emergency necessity
        hardship privation vicissitude reverse change improvement alteration innovation reform virtue merit
        accomplishment talent faculty gift genius peculiarity eccentricity foible vanity delusion illusion phantom
        vision reverie recollection association image resemblance contrast comparison distinction inference conclusion
        verdict sentence judgment estimate calculation speculation investment venture stake risk hazard peril refuge
        retreat remedy cure interpretation version criticism insinuation hint allusion reference quotation syllable""",
    "event": """
        dinner wedding funeral ball visit journey meeting conversation interview walk party supper breakfast concert
        lecture sermon service christening election trial inquest auction sale market fair race hunt picnic excursion
        voyage expedition campaign battle skirmish siege duel quarrel fight riot meeting_of_creditors holiday festival
        feast banquet luncheon tea-drinking reception levee assembly rehearsal play opera entertainment performance
        exhibition ceremony procession parade review festivity rejoicing illumination bonfire harvest-home
        vestry-meeting consultation conference council debate examination lesson game rubber match wager
        shooting-party fishing-party water-party ride drive ramble stroll pilgrimage homecoming farewell parting
        reunion engagement proposal betrothal honeymoon confinement illness convalescence recovery death burial
        bankruptcy robbery fire shipwreck thunderstorm flood drought frost eclipse earthquake epidemic revolution
        rebellion insurrection truce armistice coronation jubilee inspection audit inquiry arrest escape rescue
        pursuit discovery""",
    "body": """
        hand eye face head arm shoulder voice brow cheek lip finger foot heart forehead chin neck elbow knee wrist
        eyebrow nose mouth throat thumb palm knuckle ankle heel temple eyelid lash nostril jaw tooth tongue ear
        whisker beard moustache lock_of_hair ringlet curl figure form back side breast bosom waist limb muscle vein
        nerve pulse countenance profile feature complexion dimple wrinkle scar frown smile gaze glance""",
    "group": """
        family company party crowd household congregation committee parish society regiment neighbourhood jury
        audience assembly circle club corporation council ministry government parliament university crew garrison
        troop mob multitude throng procession firm partnership board vestry bench fraternity brotherhood sisterhood
        sect clan tribe nation generation community village county profession trade guild tribunal deputation
        delegation faction opposition gang band troupe orchestra choir gathering class""",
    "paper": """
        letter note deed will lease contract receipt document certificate petition pamphlet newspaper volume sermon
        poem ballad novel essay treatise journal diary memorandum inventory catalogue register warrant summons
        subpoena affidavit mortgage bond cheque draft bank-book codicil testament settlement prospectus placard
        handbill advertisement paragraph article manuscript parchment scroll chronicle almanack calendar dictionary
        grammar atlas primer catechism prayer hymn psalm inscription epitaph pedigree genealogy map plan sketch
        drawing engraving telegram dispatch circular invitation visiting-card valentine programme promissory_note
        schedule statement report minute testimonial recipe prescription""",
    "sound": """
        sound noise voice cry whisper murmur sigh laugh groan shriek scream sob step footstep knock tap rustle creak
        rumble clatter rattle clang chime peal toll stroke echo whistle hum buzz hiss crackle roar howl bark whine
        neigh bleat cackle shout cheer hurrah hubbub tumult uproar bustle hush silence pause chorus melody tune song
        strain chord note snore cough sneeze gasp moan wail lament thud thump crash splash ripple gurgle drip patter
        flutter chirp twitter croak hoot drone tick jingle tinkle clink scrape scratch squeak""",
    "plant": """
        oak elm ash beech birch willow poplar yew cedar fir larch pine lime sycamore hawthorn holly ivy laurel rose
        violet primrose daisy cowslip bluebell foxglove honeysuckle jasmine lavender geranium tulip hyacinth crocus
        snowdrop daffodil pansy marigold sunflower hollyhock dahlia carnation poppy thistle nettle bramble briar fern
        bracken gorse broom heather moss lichen rush reed sedge clover buttercup dandelion dock burdock hemlock
        nightshade mistletoe privet lilac laburnum wisteria clematis myrtle rosemary sage thyme mint parsley cabbage
        turnip bean pea vine fig mulberry pear-tree plum-tree cherry-tree walnut-tree quince medlar gooseberry
        currant-bush raspberry strawberry""",
    "carriage": """
        carriage coach chaise gig cart wagon cab hackney-coach post-chaise stage-coach mail-coach phaeton curricle
        barouche landau brougham omnibus hansom dog-cart pony-chaise tilbury sedan-chair boat barge ship brig schooner
        sloop cutter steamer packet fishing-smack wherry punt lighter frigate merchantman train van dray tumbril
        hay-cart sledge litter wheelbarrow donkey-cart spring-cart fly""",
}

# Nouns that are not counted: no article, no plural.
MASS = {
    "emo": """
        joy grief anger pity shame pride fear hope love hatred jealousy envy remorse despair melancholy delight
        happiness misery sorrow anguish terror horror dread alarm astonishment surprise wonder admiration contempt
        scorn disdain indignation resentment irritation vexation annoyance impatience anxiety uneasiness suspense
        agitation excitement enthusiasm eagerness ardour tenderness affection compassion sympathy gratitude reverence
        awe humility confusion embarrassment bewilderment perplexity curiosity suspicion distrust jealous_pain
        bitterness gloom dejection despondency weariness languor indifference apathy calmness composure serenity
        tranquillity contentment satisfaction complacency relief exultation triumph rapture ecstasy bliss merriment
        mirth gaiety cheerfulness good-humour ill-humour sullenness petulance spite malice rancour fury rage wrath
        frenzy passion desire longing yearning homesickness loneliness solicitude concern regret repentance contrition
        mortification humiliation chagrin disappointment disgust repugnance aversion trepidation timidity shyness
        bashfulness reluctance hesitation resignation fortitude""",
    "virt": """
        patience honesty prudence courage wisdom charity industry modesty candour sincerity loyalty fidelity constancy
        obedience generosity justice mercy forgiveness piety devotion simplicity innocence delicacy politeness
        civility courtesy propriety decorum discretion reserve frankness firmness perseverance diligence energy vigour
        economy thrift frugality temperance sobriety moderation benevolence kindness hospitality good-nature
        good_sense common_sense judgment penetration sagacity foresight caution vigilance punctuality accuracy
        dexterity ingenuity learning eloquence wit humour taste refinement elegance grace dignity gravity solemnity
        nobility honour integrity independence self-respect self-denial self-command heroism valour gallantry chivalry
        magnanimity folly vanity selfishness avarice extravagance idleness indolence negligence imprudence obstinacy
        arrogance insolence hypocrisy cunning duplicity deceit cruelty severity harshness coldness meanness greed
        ambition cowardice ignorance stupidity dulness pedantry affectation frivolity levity coquetry flattery gossip
        slander poverty wealth luxury comfort leisure solitude retirement society matrimony freedom liberty truth
        beauty youth age health experience knowledge authority influence power rank respectability popularity
        reputation fame""",
    "stuff": """
        oak brass silver iron velvet silk leather stone marble mahogany pewter copper lace muslin linen cotton
        cashmere satin calico flannel broadcloth corduroy fustian worsted crape bombazine damask chintz brocade
        tapestry parchment ivory ebony rosewood walnut deal elm pine wicker straw horn bone tortoise-shell
        mother-of-pearl amber coral jet pearl crystal glass porcelain china earthenware clay plaster brick slate tile
        lead tin steel gold gilt bronze granite flint wax tallow canvas sailcloth hemp tweed fur sealskin wool felt
        plush gauze tarlatan alpaca merino tulle""",
    "food": """
        bread tea mutton beef ale wine brandy cheese butter ham bacon pudding cake toast coffee soup broth gruel
        porridge pie tart jelly custard marmalade honey cream sugar salt pepper mustard vinegar pickles salad
        asparagus potatoes cabbage onions turnips carrots venison pheasant partridge goose duck turkey chicken veal
        pork sausages oysters lobster salmon trout herring eels shrimps eggs gingerbread biscuits muffins crumpets
        strawberries raspberries gooseberries peaches apricots grapes figs raisins almonds walnuts filberts port
        sherry claret madeira burgundy champagne gin rum cider punch negus cordial lemonade barley-water small_beer
        cold_beef boiled_mutton roast_fowl pigeon-pie plum-pudding seed-cake bread_and_butter""",
    "sky": """
        rain mist wind snow fog frost sunshine moonlight twilight darkness dusk thunder lightning hail sleet drizzle
        dew cloud smoke dust heat cold storm starlight daylight sunset sunrise dawn gloom vapour haze spray foam ice
        rime autumn winter summer spring weather evening morning shadow lamplight firelight damp breeze tempest
        east_wind north_wind south_wind west_wind sea-fog""",
    "subject": """
        law divinity politics history music agriculture religion philosophy poetry botany geology astronomy chemistry
        mathematics geography grammar Latin Greek French Italian German logic rhetoric medicine surgery anatomy
        architecture painting sculpture needlework cookery housekeeping horse-racing fishing shooting hunting fencing
        dancing whist chess cribbage backgammon trade commerce finance taxation free-trade drainage railways
        emigration education phrenology heraldry genealogy etiquette fashion scandal theology antiquities navigation
        fortification farming bee-keeping fruit-growing poor-law_reform political_economy moral_philosophy
        natural_history the_drama the_classics the_weather the_crops""",
}
