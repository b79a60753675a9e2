"""Verbs, adjectives and adverbs of the built-in prose, by what may stand beside them.

`VERBS["vt"]` take a thing as object, `VERBS["vp"]` a person; only the base forms are written here, and
`prose_forms` makes the others. Commoner words come first; "_" stands for a blank ("look_at").
"""

from __future__ import annotations

from generators.backgrounds.prose_forms import words

VERBS = {
    "vi": """
        smile laugh sigh hesitate pause tremble blush weep nod bow frown start listen wait rest kneel shudder shiver
        yawn stammer falter stumble faint recover breathe gasp cough sneeze sob groan mutter swear pray sleep wake
        rise sit stand reflect ponder meditate muse dream think speak reply submit consent refuse yield persist
        persevere prevail succeed fail retire withdraw depart arrive return linger delay hasten hurry stare gaze sneer
        grin giggle chuckle simper curtsey shrug whistle hum sing dance play read write work toil struggle suffer pine
        languish fret grumble complain protest object argue quarrel relent repent despair rejoice exult triumph boast
        flirt gossip chatter dine sup breakfast feast fast drink smoke gamble travel wander stray loiter idle doze nap
        stretch stoop crouch cower cringe recoil flinch wince quiver stir fidget flush redden brighten soften harden
        sicken sink droop waver vacillate deliberate""",
    "go": """
        walk go come hurry run ride drive step pass turn wander stroll climb creep steal rush march trudge saunter
        limp stagger stride ramble trot gallop canter slip glide sail row wade scramble tramp plod hobble shuffle
        stalk strut bustle fly dart spring leap bound plunge stumble crawl journey travel proceed advance retreat
        retire withdraw hasten return roam rove stray drift sweep roll jog post dash tiptoe descend ascend""",
    "vt": """
        take hold lift open shut close drop seize examine carry bring find lose touch fold unfold lay place set push
        pull draw throw fling toss catch grasp clutch snatch shake turn twist break mend polish wipe clean wash dust
        brush paint describe admire inspect observe notice see watch study count weigh measure buy sell pawn borrow
        lend give send keep hide conceal uncover discover steal leave forget remember want need use spoil damage
        destroy burn tear cut bend crush scatter gather collect arrange prepare produce exhibit display show offer
        accept receive refuse return restore replace remove raise lower fasten unfasten lock unlock bolt tie untie
        bind wrap unwrap pack unpack fill empty search ransack move shift drag haul hang fetch deliver present
        bequeath inherit possess own value prize cherish treasure covet bestow surrender relinquish abandon
        contemplate survey handle finger stroke smooth rub scrape scratch tap strike knock kick upset overturn pocket
        regard approach avoid pass mark sketch draw_forth cast_aside take_up put_away look_at point_to gaze_upon
        lean_upon search_for ask_for send_for pay_for part_with dispose_of""",
    "vp": """
        see meet know love hate trust watch follow hear thank forgive pity admire respect honour despise fear dread
        envy flatter praise blame scold rebuke reprove reproach accuse suspect deceive betray cheat injure insult
        offend provoke irritate vex annoy tease torment plague persecute oppress frighten alarm terrify startle
        astonish amaze surprise bewilder puzzle perplex confuse embarrass disconcert abash humble humiliate mortify
        disappoint distress grieve wound hurt comfort console soothe calm pacify appease encourage cheer amuse
        entertain divert interest charm delight please gratify satisfy oblige assist help support befriend protect
        defend shield save rescue deliver nurse tend feed clothe shelter teach instruct advise counsel warn caution
        threaten command order employ dismiss discharge engage invite visit receive welcome greet salute address
        accost interrupt contradict correct answer question examine interrogate consult persuade convince induce tempt
        urge press beg entreat implore beseech petition summon call send_for look_for avoid shun elude escape desert
        forsake abandon neglect forget remember miss recognise regard observe notice study scrutinise survey embrace
        kiss caress fondle seize grasp strike push lead guide accompany escort conduct attend obey serve wait_upon
        depend_upon rely_upon confide_in believe_in look_at stare_at gaze_at smile_at bow_to speak_to listen_to
        talk_of think_of hear_of write_to marry court woo jilt refuse accept reject banish expel disinherit adopt
        educate patronise""",
    "va": """
        consider remember forget regret expect fear hope_for believe doubt suspect understand perceive feel endure
        suffer resist abandon pursue cherish entertain conceive form adopt reject renounce resign relinquish fulfil
        accomplish achieve attain defeat prevent delay postpone hasten promote encourage discourage oppose support
        defend justify excuse explain confess acknowledge admit deny conceal disguise reveal betray discover disclose
        announce proclaim declare mention discuss debate dispute ridicule despise condemn approve applaud commend
        recommend propose suggest contemplate meditate imagine fancy dream_of think_of speak_of complain_of repent_of
        boast_of dwell_upon insist_upon reflect_upon resolve_upon determine_upon provide_for prepare_for long_for
        pray_for ask_for apologise_for account_for submit_to consent_to object_to allude_to refer_to attend_to
        cling_to return_to yield_to trust_to look_forward_to share inspire excite awaken arouse kindle provoke soften
        subdue overcome conquer master control suppress stifle check restrain indulge gratify satisfy anticipate
        foresee foretell dread avoid escape survive recall revive banish dismiss dispel remove forgive pardon resent
        revenge repay acquire deserve merit demand require claim assert maintain preserve neglect ignore disregard
        appreciate value comprehend investigate weigh ascertain""",
    "vthat": """
        think say believe know feel hope fear suppose declare remark observe perceive find discover remember forget
        fancy imagine suspect confess acknowledge admit own allow deny swear vow protest insist maintain assert affirm
        contend argue urge suggest hint insinuate intimate explain reply answer add conclude infer gather understand
        learn hear see notice reflect consider conceive trust expect foresee predict prophesy calculate reckon guess
        conjecture presume assume complain lament regret rejoice boast whisper murmur mutter repeat mention state
        announce report proclaim write dream feel_certain pretend resolve decide determine""",
    "vinf": """
        try attempt endeavour wish want desire hope intend mean propose resolve determine decide prepare begin
        continue cease venture presume offer promise consent agree refuse decline hesitate fear fail contrive manage
        strive seek struggle long yearn burn pretend affect profess happen chance seem appear threaten vow forget
        remember learn undertake condescend deign hasten scorn disdain""",
    "vsay": """
        say reply cry answer return exclaim remark observe whisper murmur ask inquire repeat add continue mutter
        stammer falter gasp sob sigh growl grumble snarl roar shout shriek scream protest declare assert insist urge
        plead suggest hint interpose interrupt rejoin retort respond demand resume proceed persist conclude explain
        confess admit pronounce announce ejaculate groan moan chuckle laugh sneer drawl simper""",
    "vn": """
        rise fall spread gather hang lie float drift creep descend linger fade vanish return deepen thicken brighten
        glimmer gleam glow quiver tremble shiver sigh moan howl roar whistle murmur rustle rattle sweep beat blow rage
        subside die_away break increase lift settle sink steal roll pour stream drip melt disappear approach pass come
        lengthen darken clear hover brood dance flicker sparkle glisten shine sleep rest wander""",
}

ADJECTIVES = {
    # of persons
    "padj": """
        old young poor good dear little honest kind clever proud handsome pretty stout thin tall short pale grave
        gentle silent quiet worthy respectable amiable excellent sensible foolish simple cunning idle industrious
        patient impatient cheerful melancholy solemn serious merry lively dull stupid ignorant learned wise prudent
        cautious bold brave timid shy bashful nervous anxious uneasy restless weary sleepy feeble sickly delicate
        robust vigorous active energetic awkward graceful elegant fashionable shabby ragged genteel vulgar coarse rude
        polite civil courteous affable haughty arrogant insolent conceited vain affected modest humble meek docile
        obedient obstinate stubborn wilful headstrong passionate hasty violent fierce cruel harsh stern severe rigid
        strict just generous liberal charitable benevolent tender affectionate devoted faithful loyal constant fickle
        false treacherous deceitful hypocritical artful sly shrewd sharp keen acute penetrating observant
        absent-minded thoughtful thoughtless careless careful scrupulous unscrupulous unprincipled dissolute
        extravagant thrifty miserly stingy avaricious wealthy prosperous penniless friendless wretched unhappy
        miserable forlorn desolate disconsolate broken-hearted light-hearted warm-hearted hard-hearted kind-hearted
        good-natured ill-natured good-humoured ill-tempered sweet-tempered hot-tempered high-spirited low-spirited
        well-bred ill-bred well-meaning middle-aged elderly aged venerable reverend portly corpulent lean gaunt bony
        lanky stooping bald bearded freckled rosy ruddy sallow swarthy dark-eyed fair-haired sandy-haired near-sighted
        deaf lame toothless weather-beaten sunburnt dignified majestic stately imposing pompous ceremonious formal
        reserved taciturn talkative garrulous voluble eloquent witty sarcastic satirical cynical credulous
        superstitious pious devout worldly romantic sentimental imaginative matter-of-fact practical eccentric
        singular odd remarkable celebrated notorious obscure unfortunate illustrious accomplished ambitious
        disinterested selfish jealous envious spiteful malicious vindictive implacable sullen morose surly gruff
        peevish fretful querulous irritable testy sanguine placid serene tranquil composed resolute irresolute
        indolent languid listless sprightly vivacious playful mischievous roguish impudent pert saucy blunt outspoken
        plain-spoken candid frank ingenuous artless innocent unsuspecting unaffected unassuming bewildered""",
    # of things and houses
    "tadj": """
        old little small large great heavy broken empty dusty faded worn narrow long broad high low dark bright dirty
        clean new plain handsome shabby costly cheap curious ancient battered tarnished rusty polished carved gilded
        painted embroidered tattered ragged torn crumpled stained threadbare mended patched neat tidy quaint
        old-fashioned antique ornamental massive solid slender delicate fragile cracked chipped crooked bent twisted
        round oval oblong flat hollow shallow deep thick thin sharp blunt smooth rough coarse soft hard stiff loose
        tight damp wet dry warm cold cool dim gloomy sombre dingy smoky mouldy musty mildewed moth-eaten worm-eaten
        weather-stained half-open half-empty well-worn well-filled ill-made home-made silver-mounted brass-bound
        leather-bound ivory-handled high-backed three-legged low-ceilinged oak-panelled spacious roomy cramped
        comfortable uncomfortable snug cosy cheerless dreary desolate deserted neglected ruinous dilapidated crumbling
        tumble-down ivy-covered moss-grown mysterious sealed locked forgotten borrowed stolen precious valuable
        worthless useless useful convenient inconvenient clumsy cumbrous unwieldy portable familiar strange foreign
        outlandish splendid magnificent gorgeous gaudy showy tawdry elegant tasteful sumptuous luxurious humble homely
        decent spotless scarlet crimson purple brown black dun drab azure golden silvery lavender-scented mourning
        sepulchral grotesque misshapen enormous huge gigantic colossal tiny diminutive infinitesimal solitary single
        remaining second-hand unfinished""",
    # of thoughts, feelings, events
    "aadj": """
        great little good deep strange secret sudden bitter sweet painful pleasant happy unhappy sad terrible dreadful
        vague faint strong weak violent gentle tender cruel vain idle foolish absurd ridiculous extraordinary singular
        remarkable peculiar curious ordinary common trifling slight serious grave solemn important momentous fatal
        unfortunate fortunate lucky unlucky melancholy mournful dismal cheerful agreeable disagreeable delightful
        charming odious hateful abominable detestable shameful disgraceful dishonourable honourable noble generous
        selfish sordid base mean petty paltry lofty sublime sacred holy profane worldly earthly heavenly mortal
        immortal eternal perpetual constant continual incessant occasional frequent rare unusual unexpected unforeseen
        unaccountable inexplicable mysterious obscure doubtful uncertain certain positive evident manifest obvious
        plain simple complicated intricate delicate difficult easy hopeless hopeful desperate urgent pressing
        immediate remote distant early late former previous recent final ultimate complete perfect imperfect partial
        entire utter absolute profound superficial hollow sincere false pretended affected genuine natural unnatural
        innocent guilty harmless dangerous perilous hazardous prudent imprudent rash hasty premature tardy deliberate
        voluntary involuntary unconscious irresistible overwhelming intolerable insupportable unendurable inevitable
        unavoidable necessary superfluous ample abundant scanty moderate immoderate excessive boundless infinite
        unspeakable indescribable inexpressible unutterable exquisite acute poignant intense passionate ardent fervent
        lukewarm feverish morbid wholesome reasonable unreasonable rational sensible legitimate unlawful customary
        habitual instinctive fanciful romantic visionary chimerical ingenious subtle artful cunning crafty plausible
        specious worthless valuable invaluable incalculable unparalleled unexampled domestic public private political
        philosophical parental filial brotherly sisterly maternal fatherly womanly manly childish boyish girlish
        youthful old-fashioned long-cherished half-formed ill-timed well-meant unrequited unavailing fruitless lasting
        fleeting transient momentary imaginary visible invisible perceptible imperceptible mutual reciprocal
        additional considerable inconsiderable tolerable lamentable deplorable piteous pitiable unpardonable""",
    # of country, sky and season
    "ladj": """
        dark bright cold wet long wide lonely quiet still silent wild bleak bare barren desolate dreary distant
        far-off pleasant lovely beautiful fair sunny shady misty foggy rainy stormy windy frosty snowy cloudy dusty
        muddy sandy stony rocky rugged steep winding narrow broad open level flat rolling undulating wooded leafless
        leafy grassy ferny heathery mossy reedy marshy swampy fertile rich ripe golden purple crimson russet brown
        black silvery leaden pale dim faint grim gloomy sombre solemn sullen sluggish swift rapid foaming shallow deep
        crystal moonlit starlit sunlit shadowy twilight solitary secluded sequestered remote rural rustic pastoral
        picturesque romantic gaunt ghostly spectral tranquil peaceful drowsy sleepy melancholy mournful autumnal
        wintry vernal early late chill icy raw biting keen fresh fragrant balmy mild soft sultry scorching breathless
        close heavy dense thick damp dripping sodden drenched flooded frozen trackless untrodden unfrequented ancient
        ruined neglected immense boundless""",
}

# "very <mood>", "was <mood>": states a person can be in for the length of a scene
MOODS = words("""
    glad sorry angry afraid ashamed silent pale ill weary uneasy anxious sad merry happy unhappy miserable cheerful
    content discontented grateful ungrateful jealous proud humble alone lonely restless calm composed agitated excited
    vexed annoyed offended hurt grieved distressed disappointed delighted pleased amused surprised astonished amazed
    bewildered perplexed puzzled confused embarrassed abashed mortified disgusted indignant furious enraged
    exasperated irritated alarmed frightened terrified resolute determined undecided inclined_to_weep hopeful
    despondent disconsolate wretched melancholy thoughtful absent attentive inattentive suspicious curious eager
    impatient patient resigned reconciled satisfied dissatisfied indifferent obstinate sullen cold courteous civil
    rude gentle tender affectionate severe stern grave solemn serious earnest sincere awake asleep feverish faint
    giddy sleepy busy idle careful careless cautious reckless desperate penitent remorseful contrite incredulous
    credulous speechless dumb motionless trembling breathless flushed haggard worn_out ruined penniless sanguine
    elated crestfallen unmoved touched softened overcome""")

MANNER = words("""
    slowly quietly softly quickly gently gravely silently suddenly sadly coldly calmly bitterly warmly earnestly
    eagerly anxiously hastily carefully cautiously carelessly tenderly kindly proudly sternly sharply abruptly drily
    gloomily cheerfully merrily gaily solemnly humbly meekly timidly nervously impatiently angrily fiercely
    passionately indignantly scornfully contemptuously haughtily stiffly politely courteously civilly graciously
    thoughtfully absently dreamily mechanically deliberately steadily firmly resolutely doggedly stubbornly
    reluctantly unwillingly willingly readily cordially heartily affectionately fondly lovingly pitifully piteously
    plaintively mournfully dolefully wearily languidly listlessly lazily awkwardly clumsily gracefully dexterously
    triumphantly complacently pompously majestically mysteriously significantly knowingly slyly archly playfully
    innocently artlessly simply frankly candidly openly secretly privately confidentially hurriedly breathlessly
    faintly feebly hoarsely huskily thickly distinctly audibly inaudibly involuntarily instinctively unconsciously
    unexpectedly inexplicably respectfully reverently devoutly piously penitently remorsefully gratefully generously
    charitably spitefully maliciously vindictively sarcastically ironically gruffly surlily peevishly fretfully
    querulously wistfully hopefully hopelessly desperately wildly frantically furiously violently vigorously
    energetically diligently patiently serenely placidly tranquilly soberly sedately demurely modestly bashfully
    shyly""")

# Adjectives that are compared with -er and -est.
SHORT = words("""
    old young poor kind great small large long short high low dark bright deep strong weak tall thin stout fat plain
    dear near fine fair pale cold warm hot cool calm quiet sad glad proud bold brave shy grave stern harsh hard soft
    mild sweet sharp keen quick slow swift light heavy rich wise simple humble gentle noble clever dull happy merry
    lively pretty handsome lovely ugly silly lazy idle busy angry early late strange odd queer rare rude rough smooth
    clean dry damp wet thick narrow broad wide steep bleak wild tame safe sure true false close loose tight firm faint
    frail sickly costly cheap lonely worthy greedy needy healthy wealthy sleepy gloomy dreary shabby haughty saucy
    witty hardy""")

# Compounds of the one part and the other: "dark-eyed", "long-handled", "half-forgotten".
COMPOUNDS = {
    "look": (
        "dark fair sharp soft hard bright pale grim mild broad thin long short cold keen",
        "eyed haired faced browed voiced featured handed tongued limbed fingered headed nosed lipped",
    ),
    "made": (
        "long short broad narrow high low thick thin round heavy light double stout old new ill well half",
        "handled backed edged topped bottomed rimmed lined bound made fashioned finished mended cut shaped",
    ),
}
AGO = "half ill well long much newly ever oft"
