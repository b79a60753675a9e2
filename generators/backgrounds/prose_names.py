"""Names of the built-in prose: Christian names, surnames, and syllables from which each volume makes its places."""

from __future__ import annotations

from generators.backgrounds.prose_forms import words

MEN = words("""
    Arthur Henry George Charles Edward Robert Richard Thomas James William Walter Philip Stephen Hugh Edmund Francis
    Frank Harold Herbert Ralph Roger Simon Matthew Mark Luke Silas Amos Abel Adam Caleb Joshua Josiah Jeremiah Isaac
    Jacob Joseph Samuel Benjamin Nathaniel Nicholas Oliver Oswald Owen Percival Reginald Rupert Sebastian Septimus
    Theodore Theophilus Tobias Valentine Vincent Vernon Wilfrid Alfred Albert Ambrose Andrew Anthony Archibald
    Augustus Barnaby Bartholomew Basil Bertram Cecil Christopher Clement Conrad Cuthbert Cyril Denis Ebenezer Edgar
    Ernest Eustace Everard Ezra Felix Ferdinand Frederick Gabriel Geoffrey Gerald Gilbert Giles Godfrey Guy Hector
    Horace Humphrey Jasper Jerome Jonas Jonathan Kenneth Lambert Laurence Leonard Lewis Lionel Martin Maurice Miles
    Montague Mortimer Obadiah Patrick Peregrine Peter Ralston Randolph Raymond Roderick Roland Solomon Sylvester
    Timothy Ephraim Gideon Zachary""")

WOMEN = words("""
    Anne Jane Eliza Elizabeth Margaret Catherine Charlotte Caroline Harriet Ellen Emma Fanny Frances Isabella Louisa
    Lucy Martha Rachel Rebecca Rose Ruth Sarah Selina Sophia Susan Theresa Ursula Victoria Violet Agnes Alice Amelia
    Amy Arabella Augusta Barbara Beatrice Bertha Blanche Bridget Cecilia Clara Clarissa Constance Cordelia Cornelia
    Deborah Diana Dinah Dora Dorothea Edith Eleanor Esther Ethel Eugenia Eunice Euphemia Eva Evelina Flora Florence
    Georgiana Grace Hannah Helen Henrietta Hester Honoria Ida Irene Janet Josephine Judith Julia Katharine Laura
    Lavinia Leonora Letitia Lettice Lydia Mabel Madeline Marian Matilda Maud Mercy Mildred Millicent Miriam Naomi
    Olivia Patience Penelope Phoebe Philippa Priscilla Prudence Rosalind Rosamond Sabina Susannah Sybil Tabitha
    Thomasina Thomasin Verena Wilhelmina Winifred Adelaide Adela Gwendolen Hilda Imogen Jemima Keziah Perpetua""")

SURNAMES = words("""
    Ashby Atherton Aldous Allerdyce Amberley Annesley Arkwright Aubrey Babbage Bagshaw Balfour Banbury Barlow Barrowby
    Bassett Beauchamp Beckwith Bellamy Bentham Beresford Blackwood Blagrove Blenkinsop Blount Bolsover Bracegirdle
    Bradshaw Bramwell Brathwaite Brocklehurst Bromley Bulstrode Burnaby Cadwallader Calthorpe Carmichael Carruthers
    Cartwright Cathcart Cavanagh Chadwick Challoner Chetwynd Cholmondeley Clavering Clitheroe Cobbold Colquhoun
    Conyers Coverdale Crabtree Cranbourne Crawshay Creswick Cruikshank Culpepper Dacre Dalrymple Danvers Darnley
    Daventry Delamere Denham Desborough Dinwiddie Dobbs Dorrington Drewitt Duckworth Dunstable Eccles Edgecombe
    Egerton Elphinstone Enderby Erskine Etheridge Everdale Fairbrother Fairfax Fanshawe Farquhar Fawcett Featherstone
    Fenwick Ferrars Fitzgerald Fitzroy Fladgate Fletcher Foljambe Forrester Fothergill Frobisher Galbraith Garrick
    Gascoigne Gaunt Gawthorpe Gillingham Glossop Godolphin Gorringe Grantley Gresham Grimshaw Grosvenor Gubbins
    Hadfield Halliwell Hammersley Hanbury Hargreaves Harkness Hartopp Haversham-Lee Hawtrey Heathcote Hepburn
    Hetherington Hibbert Higginbotham Hobday Holcroft Hollingsworth Horrocks Hoskins Huddlestone Hungerford Ingleby
    Inskip Ironside Jardine Jellicoe Jerningham Jocelyn Kershaw Kilburn Kimberley Kingscote Knatchbull Lancaster
    Langrish Lascelles Lathbury Leatherby Leighton Lethbridge Liddell Lingard Lockwood Lovelace Loxley Ludlow Lumley
    Lyttleton Maddox Mainwaring Mallory Manningham Marchmont Markham Marlowe Massingham Maudsley Melbury Meredith
    Merriweather Micklethwaite Mildmay Molesworth Monckton Mordaunt Mowbray Musgrave Napier Nesbitt Nettleship
    Nethercott Norbury Northcote Oakeshott Ogilvie Oglethorpe Oldcastle Onslow Ormerod Osbaldistone Oxenham Padgett
    Palliston Palmerstone Partington Paulet Peabody Pelham Pemberton Pendlebury Penrose Peverell Phipps Pickersgill
    Pilkington Plumtree Pomeroy Ponsonby Postlethwaite Poyntz Prendergast Prothero Pumphrey Quarles Quennell Radcliffe
    Rainsford Ramsbottom Ravenhill Redfern Renshaw Ridgeway Rochford Rotherham Rowbotham Ruddock Rushbrooke
    Sacheverell Saltmarsh Satterthwaite Saville Scrimgeour Scudamore Sedgwick Selwyn Shackleton Sheringham Shipley
    Shuttleworth Sidebotham Skeffington Skipworth Slingsby Smallbone Snodgrass Somerville Southwell Sparkes Spofforth
    Stackpole Standish Stapleton Stoughton Strickland Sudbury Swinburne Sydenham Tadcaster Talbot Tancred Tattersall
    Tempest Thackthwaite Thistlewood Thornbury Throckmorton Tidmarsh Tillotson Tollemache Trelawney Trevanion Trubshaw
    Twistleton Tyrwhitt Umfreville Underhill Upcott Urquhart Vane Vavasour Venables Verney Vernon-Smith Villiers
    Wadham Wainwright Walsingham Warburton Wedderburn Wentworth Wetherell Wharton Wilbraham Winstanley Winterbourne
    Woodforde Worsley Wriothesley Wyndham Yarborough Yelverton""")

# Syllables of villages, towns and estates: "Ottermouth", "Thornwick".
PLACE_HEADS = words("""
    Ash Alder Amble Barn Beck Birch Black Bram Brent Broad Burn Cal Carl Cold Comb Corn Cran Crook Dar Dun Elm Ever
    Fairn Farn Fern Flax Glen Grim Hag Hart Hasel Haver Haw Heather Holm Horn Ing Kel Kirk Lang Lark Lin Long Lox Mar
    Mel Mere Midd Nether Nor Oak Otter Oxen Pen Pick Pol Rav Rook Roth Rush Sal Sand Scar Sel Shel Skip Slough Stan
    Stoke Stow Sud Tad Tarn Thorn Thrush Tor Tre Up Wain Wal War Wath Wend Wether Whin Win Wrex Yar Yew""")
PLACE_TAILS = words("""
    ham ton by thorpe wick worth stead combe ford bridge mouth minster bury ley field hurst den dale well brook wood
    holt moor mere sea port stone cliffe low shaw thwaite leigh marsh cote caster borough bourne grave church""")
ESTATE_TAILS = words("Hall Court Abbey Manor Lodge Grange Priory House Towers Castle Chase Place Hill End")
STREET_TAILS = words("Street Lane Row Crescent Terrace Buildings Place Walk Alley Hill")
FAR_PLACES = words("""
    London Paris Bath Oxford Cambridge Dover Bristol Liverpool Manchester Edinburgh Dublin Rome Florence Venice Naples
    Vienna Brussels Calais Boulogne Geneva Lisbon Madrid Cadiz Malta Calcutta Bombay Jamaica Canada Australia Brighton
    Cheltenham Scarborough Harrogate Tunbridge Plymouth Portsmouth Southampton Norwich York Durham Exeter Gloucester
    Worcester Hereford Lincoln Carlisle Chester Dresden Leipzig Baden Homburg Genoa Milan Constantinople Alexandria
    Jerusalem Boston Philadelphia Halifax Barbados Madras Singapore Melbourne Devonshire Cornwall Yorkshire Norfolk
    Kent Sussex Surrey Wiltshire Dorset Somersetshire Wales Scotland Ireland France Italy Germany Switzerland Holland
    Spain Portugal Russia""")
