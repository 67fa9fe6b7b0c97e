"""The 2,048 pairs of words for digests: English, then its Chinese of two characters.

Fixed: an index keeps its pair for ever, or words that people wrote down would change. What makes a
list fit to be compared by eye and ear is tested (tests/kernel/test_six_words.py).
"""

_TEXT = """
abacus算盤 abbey院舍 acacia相思 accordion手風 accountant會計 acid硫酸 acorn橡實 acrobat雜技
actor演員 agate瑪瑙 airbag氣囊 airplane飛機 airport機場 alarm警報 albatross信天 album相簿
alcohol酒精 alder赤楊 algae藻類 alligator短吻 almond杏仁 aloe蘆薈 alphabet字母 altar祭壇
aluminium鋁罐 ambulance救車 ambush埋伏 ammeter電流 ammonia氨水 amplifier擴音 amulet護符 anchor船錨
anchovy鯷魚 anemone銀蓮 angel天使 angora兔毛 ankle腳踝 ant螞蟻 anteater食蟻 antelope羚羊
antenna天線 anthem國歌 antler鹿角 anvil鐵砧 apartment公寓 aphid蚜蟲 apple蘋果 apprentice學徒
apricot杏子 apron圍裙 aquarium水族 aqueduct渡槽 arch拱門 archer弓手 architect建築 archive檔案
arena賽場 armadillo犰狳 armchair扶手 armour盔甲 arrow箭矢 artery動脈 artichoke朝鮮 artillery砲兵
asbestos石棉 ash灰燼 ashtray菸缸 asparagus蘆筍 aspen山楊 asphalt柏油 asteroid隕石 astronaut太空
astronomer天文 athlete選手 atlas圖冊 atoll環礁 atom原子 attic閣樓 auction拍賣 audience觀眾
aurora極光 autumn秋日 avalanche雪崩 avenue大道 aviary鳥舍 avocado酪梨 awning遮篷 axle車軸
axolotl六角 azalea杜鵑 baboon狒狒 baby嬰兒 backpack背包 bacon培根 badger獾豬 badlands惡地
badminton羽球 bagpipe風笛 baguette長棍 bakery麵包 balance天秤 balcony陽臺 ballast壓艙 balloon氣球
balsa輕木 bamboo竹子 banana香蕉 bandage繃帶 banjo班鳩 banknote鈔票 banner橫幅 banquet宴席
baobab猴麵 barbecue烤肉 barbell槓鈴 barber剃匠 barbershop理髮 barcode條碼 bargain特價 barge駁船
barley大麥 barn穀倉 barnacle藤壺 barometer氣壓 barracks兵營 barracuda梭魚 barrel木桶 barricade路障
basalt玄武 baseball棒球 basin臉盆 basket籃子 basketball籃球 bassoon巴松 bathrobe浴袍 bathtub浴缸
battery電池 battleship戰艦 bayonet刺刀 bazaar市集 beach海灘 bear黑熊 bearing軸承 beaver河狸
bedroom臥室 beef牛肉 beehive蜂巢 beetle甲蟲 beetroot甜菜 begonia海棠 belfry鐘樓 bell鐘鈴
bellows風箱 beluga白鯨 beret貝雷 bible聖經 bicycle單車 bilge船底 billboard看板 billiards撞球
binoculars雙筒 biomass生質 birch樺樹 birdhouse鳥屋 birthday生日 biscuit餅乾 bishop主教 bison野牛
blackberry黑莓 blackboard黑板 blacksmith鐵匠 blanket毛毯 blender果機 blinds百葉 blouse女衫
blowpipe吹管 blowtorch噴燈 bluebell藍鈴 blueberry藍莓 blueprint藍圖 boa蚺蛇 bobcat短貓
bobsleigh雪車 boiler鍋爐 bolt螺栓 bone骨頭 bonfire篝火 bonnet軟帽 bonsai盆栽 bookcase書櫃
bookend書擋 bookmark書籤 boomerang回鏢 boots靴子 border邊境 bottle瓶子 boulder巨石 boulevard林蔭
bowling保齡 boxer拳手 boxwood黃楊 bracelet手鐲 bracken蕨叢 brain大腦 brake煞車 brandy白蘭
bread吐司 breakfast早餐 breakwater防波 breeze微風 brewery酒廠 brick磚塊 bridge石橋 briefcase公事
brocade錦緞 broccoli花椰 brochure手冊 bronze青銅 brooch胸針 broom掃帚 broth高湯 brownie布朗
brushpen毛筆 bubble氣泡 bucket水桶 buckle扣環 buckskin鹿皮 budgerigar虎皮 budget預算 buffalo水牛
bulb鱗莖 bulldozer推土 bullet子彈 bulletin公報 bullock閹牛 bumblebee熊蜂 bumper保險 bungalow平房
bunker地堡 buoy浮標 burdock牛蒡 burger漢堡 burlap麻袋 burrito捲餅 bus公車 butcher肉鋪 butter奶油
buttercup毛茛 butterfly蝴蝶 button鈕扣 buttress扶壁 buzzard鵟鳥 cabbage高麗 cabin木屋 cable電纜
cactus仙掌 cafeteria食堂 calcium鈣片 calculator算機 calendar日曆 calf小牛 caliper卡尺 camel駱駝
camellia山茶 camera相機 campervan露車 camphor樟腦 camping露營 camshaft凸輪 canal運河 canary金絲
candle蠟燭 candy糖果 candyfloss棉糖 canister鐵罐 canoe獨木 canopy樹冠 cantaloupe哈密 canteen福利
canvas帆布 canyon峽谷 capacitor電容 capital首都 capstan絞盤 capsule膠囊 captain船長 carabiner扣鎖
carafe水瓶 caravan商隊 carbon碳粉 cardboard厚紙 cardigan開襟 cargo貨物 caribou北鹿 caricature漫像
carnation康乃 carnival嘉年 carousel木馬 carp鯉魚 carpenter木匠 carpet地毯 carriage馬車 carrot紅蘿
cartoon卡通 cartwheel側翻 cascade瀑流 cashbox錢匣 cashew腰果 cashmere山絨 casino賭場 cassava木薯
cassette卡帶 castle城堡 catalogue目錄 catamaran雙體 catapult投石 catfish鯰魚 cathedral主座
cattail香蒲 cavalry騎兵 cave洞穴 caviar魚子 cedar雪松 ceiling天花 celery芹菜 cellar地窖 cello大提
cement水泥 censer香爐 centipede蜈蚣 ceramic陶瓷 chainmail鎖甲 chair椅子 chalice聖杯 chalk粉筆
chameleon變色 chamois岩羚 champagne香檳 champion冠軍 chandelier吊燈 chapter章節 charcoal木炭
charger充電 chasm裂口 cheek臉頰 cheese乳酪 cheetah獵豹 chef主廚 cheque支票 chequebook票簿
cherry櫻桃 chess西棋 chicken母雞 chickpea鷹嘴 chiffon雪紡 chimney煙囪 chimpanzee黑猿
chinchilla絨鼠 chipmunk花栗 chips薯條 chisel鑿子 chive韭菜 chlorine氯氣 chocolate巧克
chopsticks筷子 chrysalis蛹殼 church教堂 chutney甜醬 cicada蟬蛻 cider蘋酒 cigar雪茄 cinema影院
cinnamon肉桂 circle圓形 circuit電路 circus馬戲 cistern蓄池 citadel內城 city城市 civet靈貓
clarinet豎笛 classroom教室 clay黏土 cleaver菜刀 cliff懸崖 climate氣候 clinic診所 clipboard寫板
clock時鐘 cloister迴廊 cloud雲朵 clove丁香 clutch離合 coat大衣 cobalt鈷藍 cobbler鞋匠 cobweb蛛網
cockatoo鳳頭 cockpit駕艙 cockroach蟑螂 cocktail雞尾 cocoa可可 coconut椰子 cocoon蠶繭 coffee咖啡
coin硬幣 colander濾盆 college學院 colonel上校 colony蜂群 column石柱 comet彗星 comic漫畫
compass羅盤 composer曲家 compost堆肥 computer電腦 conch海螺 condor神鷹 conductor指揮 confetti彩屑
congee米粥 container貨櫃 continent大陸 contract合約 conveyor輸帶 convoy車隊 cookie曲奇 copper紅銅
coral珊瑚 cord電線 corduroy燈芯 coriander香菜 corkscrew開瓶 cormorant鸕鶿 cornflower矢車
corridor過道 corset束腹 costume戲服 cottage小屋 cotton棉花 county縣城 coupon優券 courier快遞
courthouse法院 courtyard庭院 cousin表親 cow母牛 cowrie寶螺 coyote郊狼 crab螃蟹 cracker脆餅
cradle搖籃 cradlesong搖歌 crampon冰爪 cranberry蔓越 crane吊車 crankshaft曲軸 crater隕坑
crayfish小龍 crayon蠟筆 cream鮮奶 crevasse冰隙 cricket蟋蟀 crimson緋紅 crisps薯片 crockery碗盤
crocodile鱷魚 crocus番花 croissant可頌 crossbow弩機 crossing路口 crossroads岔路 crowbar撬棍
crown王冠 cruiser巡艦 crystal水晶 cube方塊 cuckoo布穀 cucumber黃瓜 cufflink袖扣 culvert涵洞
cumin孜然 cup杯子 cupboard碗櫃 cupcake杯糕 curlew杓鷸 current洋流 curry咖哩 curtain窗簾
cushion靠墊 customs海關 cutlass彎刀 cutlery餐具 cuttlefish烏賊 cyan青藍 cyclist車手 cygnet小鵠
cylinder圓柱 cymbal鈸片 cypress柏樹 daffodil水仙 dagger匕首 dahlia麗花 daikon白蘿 daisy雛菊
dam水壩 damask花緞 dancer舞者 dandelion蒲公 dartboard鏢靶 dashboard儀板 daylight日光 deadbolt鎖栓
decanter醒器 deck甲板 deckchair躺椅 deer梅鹿 delta三角 denim斜紋 dentist牙醫 derrick鑽塔
desert沙漠 destroyer驅艦 detective偵探 detergent洗劑 dew露珠 diagram圖表 diamond鑽石 diary日記
dictionary字典 diesel柴油 dinghy橡艇 dingo澳犬 dinosaur恐龍 diorama造景 diploma文憑 discus鐵餅
dish菜碟 dishwasher碗機 distillery蒸餾 district區域 ditch水溝 dividend股息 diving跳水 dockyard造塢
doctor醫生 document文件 doll娃娃 dolphin海豚 dome穹頂 domino骨牌 donkey驢子 door大門 doorbell門鈴
doorknob門把 doormat門墊 doughnut甜圈 dragon神龍 dragonfly蜻蜓 drainpipe排管 drama戲劇
drawbridge吊橋 drawer抽屜 driftwood漂木 drill電鑽 drizzle細雨 drone無人 droplet水滴 drought旱災
drumstick鼓棒 duckling小鴨 duckweed浮萍 dumbbell啞鈴 dumpling餃子 dune沙丘 dungeon地牢 durian榴槤
dust灰塵 dustbin垃圾 duster雞毛 dustpan畚箕 dwarf矮人 dye染料 dynamite炸藥 dynamo磁機 eagle老鷹
earmuffs耳罩 earring耳環 earthquake地震 earthworm蚯蚓 earwig蠼螋 ebony烏木 echidna針鼴 eclipse日食
edamame毛豆 edelweiss薄雪 eel鰻魚 egg雞蛋 eggcup蛋杯 eggplant茄子 egret白鷺 eland大羚 elbow手肘
electron電子 elephant大象 elevator電梯 elm榆樹 embassy使館 ember餘燼 embroidery刺繡 emerald翡翠
emperor皇帝 emu鴯鶓 enamel琺瑯 endive苦苣 engine引擎 engineer工程 envelope信封 equator赤道
eraser橡擦 ermine銀鼠 escalator扶梯 espresso濃咖 estuary河口 etching蝕刻 eucalyptus桉樹
excavator挖掘 exhaust排氣 explorer探險 eyeball眼球 eyebrow眉毛 eyelash睫毛 factory工廠 falafel豆丸
falcon獵隼 fan風扇 farm農場 farmer農夫 faucet龍頭 fedora紳帽 felt毛氈 fence籬笆 fencing擊劍
fern蕨類 ferret雪貂 ferry渡輪 fertilizer肥料 festival節慶 fibreglass玻纖 fiddlehead蕨芽
fiefdom領地 fig無花 figurine塑像 film膠卷 firefly螢火 fireplace壁爐 firewood柴火 firework煙火
fisherman漁夫 fjord峽灣 flame火焰 flamingo紅鶴 flange凸緣 flannel法蘭 flashlight手電 flask酒壺
flax胡麻 flea跳蚤 flood洪水 floodplain氾原 flour麵粉 flowerbed花壇 flowerpot花盆 flute長笛
flywheel飛輪 foam泡沫 folder資夾 fondue起鍋 football足球 foothill山麓 footprint足跡 forehead額頭
forest森林 forklift堆高 fortress要塞 fossil化石 foundry鑄造 fox狐狸 foxglove指頂 fraction分數
freezer凍櫃 freighter貨輪 fresco濕壁 frieze簷壁 frigate護艦 fringe流蘇 frog青蛙 frontier關隘
frost寒霜 fruit水果 fudge軟糖 fur毛皮 furnace熔爐 furrow犁溝 fuse保絲 fuselage機身 gadfly牛虻
galaxy銀河 gale強風 galleon大帆 gallery畫廊 gangplank跳板 garage車庫 garden花園 gardener園丁
gardenia梔子 gargoyle滴獸 garland花圈 garlic大蒜 garnet石榴 garrison駐軍 garter襪帶 gasoline汽油
gateway牌樓 gauntlet鐵手 gauze紗布 gazebo涼亭 gazelle瞪羚 gazette報刊 gearbox齒輪 gecko壁虎
gelatin明膠 gemstone寶石 generator發電 geranium天葵 gerbil沙鼠 geyser間歇 gherkin醃瓜 ghost幽靈
giant巨人 gift禮物 ginger生薑 gingham格布 ginkgo銀杏 giraffe長頸 girder橫樑 glacier冰川
glasses眼鏡 glider滑翔 globe地球 gloves手套 glow微光 glue膠水 gnocchi麵疙 goalkeeper門將
goblet高杯 goggles護目 golden黃金 goldfish金魚 gondola貢多 gong銅鑼 goose白鵝 gooseberry醋栗
gorge深谷 gosling雛鵝 gourd葫蘆 graduate畢業 gramophone留聲 granary糧倉 granite花崗 grape葡萄
grapefruit柚子 graphite石墨 grass青草 gravel礫石 gravity重力 gravy肉汁 grease油脂 greenhouse溫室
grenade手榴 grindstone磨石 grocery雜貨 grotto岩洞 grouse松雞 grove樹叢 guacamole酪醬 guava芭樂
guest來賓 guitar吉他 gulf海灣 gunpowder火藥 gymnast體操 gyroscope陀螺 haddock黑線 hail冰雹
hairbrush髮刷 halberd長戟 halibut比目 halo光環 hamlet聚落 hammock吊床 hamper竹籃 hamster倉鼠
handbag手提 handcuffs手銬 handstand倒立 hanger衣架 harbour港口 hare野兔 harmonica口琴 harness挽具
harpoon魚叉 harvest收成 hat帽子 hatchet短斧 hawk蒼鷹 hawser纜繩 hawthorn山楂 hayloft草棚
haystack草堆 hazel榛樹 hazelnut榛子 head腦袋 headlight頭燈 headline標題 headphones耳機 heart心臟
heater暖爐 hedge樹籬 hedgehog刺蝟 heifer小母 helicopter直升 helium氦氣 helmet頭盔 hemisphere半球
hemlock鐵杉 henhouse雞舍 heron蒼鷺 herring鯡魚 hibiscus扶桑 highway公路 hiking健行 hill丘陵
hinge鉸鏈 hip臀部 historian史家 hockey曲棍 hoe鋤頭 holly冬青 holster槍套 honeybee蜜蜂 hoodie帽衫
hook掛鉤 hoopoe戴勝 hopscotch跳格 horizon地平 hornet虎頭 horse馬匹 horseshoe蹄鐵 hospital醫院
hotdog熱狗 hotel飯店 hound獵犬 hourglass沙漏 hovercraft氣墊 hummus豆泥 hunter獵人 hurdle跨欄
hurricane颶風 hyacinth風信 hydrangea繡球 hydrant消防 hydrofoil翼船 hyena鬣狗 hymn聖歌 ibex羱羊
iceberg冰山 icecream冰淇 iceskate冰刀 icicle冰柱 igloo冰屋 iguana鬣蜥 incense線香 infantry步兵
ingot金錠 ink墨水 inkstone硯臺 inkwell墨池 inlet小灣 insole鞋墊 insulator絕緣 insurance保單
invoice發票 iodine碘酒 iris鳶尾 iron鐵塊 irrigation灌溉 island島嶼 isthmus地峽 ivory乳白 ivy常春
jackal胡狼 jackdaw寒鴉 jacket夾克 jackpot頭獎 jade玉石 jaguar美洲 jasmine茉莉 javelin標槍
jeans牛仔 jelly果凍 jellyfish水母 jetty棧橋 jigsaw線鋸 journalist記者 joystick搖桿 judo柔道
juggler拋球 juice果汁 jujube紅棗 junction交匯 jungle叢林 juniper杜松 kangaroo袋鼠 karate空手
kayak皮艇 kebab烤串 kelp昆布 kennel狗舍 kerosene煤油 kestrel紅隼 ketchup番醬 kettle水壺 key鑰匙
keyboard鍵盤 keyhole鎖孔 keyring鑰圈 kickstand停架 kiln窯爐 kimono和服 kingdom王國 kingfisher翠鳥
kitchen廚房 kite風箏 kiwi獼猴 knee膝蓋 knife刀子 knight騎士 knothole樹洞 koala無尾 kohlrabi大頭
kumquat金桔 label標籤 laboratory實驗 lacquer漆器 ladder梯子 ladle勺子 ladybird瓢蟲 lagoon潟湖
lake湖泊 lamp檯燈 lamppost路燈 lampshade燈罩 lance騎槍 landscape風景 landslide山崩 lantern燈籠
laptop筆電 lark雲雀 lasagna千層 laser雷射 lasso套索 lathe車床 latitude緯度 laundry衣物 laurel月桂
lava熔岩 lavender薰衣 lawn草坪 lawyer律師 leaf樹葉 leaflet傳單 leash牽繩 leather皮革 lectern講臺
lecturer講師 ledger帳簿 leech水蛭 leek韭蔥 legend傳說 lemming旅鼠 lemon檸檬 lemonade汽水 lemur狐猴
lens鏡片 lentil扁豆 leopard花豹 letter信件 letterbox信箱 lettuce萵苣 lever槓桿 librarian館員
library書庫 licence執照 lichen地衣 licorice甘草 lifebelt救圈 lifeboat救生 lifeguard泳警
lifejacket救衣 lightbulb燈泡 lighter打火 lighthouse燈塔 lightning閃電 lilac淡紫 lily百合 lime青檸
limestone石灰 limousine禮車 limpet帽貝 linen亞麻 lipstick口紅 lithograph石印 lizard蜥蜴 llama羊駝
loach泥鰍 lobby大廳 lobster龍蝦 locomotive車頭 locust蝗蟲 log原木 lollipop棒糖 longan龍眼
loofah絲瓜 loom織機 loquat枇杷 lorry貨車 lotion乳液 lotus蓮花 loudhailer喊筒 lubricant潤滑
luggage行囊 lullaby眠曲 lunch午飯 lung肺葉 lychee荔枝 lynx山貓 macadamia夏果 macaroni通心
macaw鳥鸚 mackerel鯖魚 magazine雜誌 magenta洋紅 magician魔術 magma岩漿 magnet磁鐵 magnolia木蘭
magpie喜鵲 mahjong麻將 mahogany紅木 mailbox郵箱 maize玉米 mammoth猛獁 manatee海牛 mandolin曼陀
mango芒果 mangrove紅樹 manhole孔蓋 mansion豪宅 mantis螳螂 manuscript手稿 map地圖 maple楓樹
marble大理 margarine瑪琪 marigold萬壽 marina遊港 marionette懸偶 market市場 marmalade橘醬
marmot土撥 marsh沼地 marzipan杏膏 mask面具 mason石匠 matcha抹茶 matchbox柴盒 mattress床墊
mayonnaise美乃 meadow草甸 meatball肉丸 mechanic技工 medal獎牌 megaphone擴筒 melody旋律 melon甜瓜
menu菜單 merchant商人 mercury水銀 meridian經線 meringue蛋霜 mermaid人魚 meteor流星 metronome節拍
microphone麥風 microscope顯微 microwave微波 midnight午夜 milestone里碑 milkshake奶昔 millet小米
millipede馬陸 mimosa含羞 mine礦井 miniature微縮 minibus小巴 mirror鏡子 missile飛彈 mist薄霧
mistletoe寄生 mitten連指 moccasin鹿鞋 mocha摩卡 modem數機 molecule分子 monastery修院 moneybag錢袋
mongoose貓鼬 monitor螢幕 monk僧侶 monocle單鏡 monsoon季風 monument紀念 mooncake月餅 moonlight月光
mortar臼子 mortgage房貸 mosaic鑲嵌 mosque清真 mosquito蚊子 moss苔蘚 moth飛蛾 motorcycle機車
mountain高山 muffin瑪芬 muffler消音 mug馬克 mulberry桑葚 mule騾子 mungbean綠豆 mural壁畫
museum博物 mushroom蘑菇 musician樂手 musicstand譜架 musket火槍 muslin薄紗 mussel淡菜 mustard芥末
napkin餐巾 narcissus洋水 narwhal一角 nautilus鸚螺 nebula星雲 necklace項鍊 necktie領帶 nectar花蜜
needle縫針 negative底片 neighbour鄰居 neon霓虹 nerve神經 nest鳥窩 newspaper報紙 nickel鎳幣
nightgown睡袍 ninja忍者 nitrogen氮氣 nose鼻子 nostril鼻孔 notebook筆記 nougat牛軋 novel小說
nugget金塊 number數字 nun修女 nursery苗圃 nutcracker胡鉗 nutmeg豆蔻 nylon尼龍 oar船槳 oasis綠洲
oats燕麥 obelisk方碑 oboe雙簧 ocean海洋 ocelot虎貓 ochre赭石 octopus章魚 odometer里錶 oilrig油臺
ointment藥膏 okra秋葵 olive橄欖 omelette蛋捲 onion洋蔥 oolong烏龍 opal蛋白 opera歌劇 opossum負鼠
orange柳橙 orangutan紅猿 orbit軌道 orca虎鯨 orchard果園 orchid蘭花 oregano牛至 organ風琴
origami摺紙 oriole黃鸝 oscillator振盪 osprey魚鷹 ostrich鴕鳥 otter水獺 outpost哨站 oven烤箱
overalls工裝 overpass天橋 owl鴟鴞 oxygen氧氣 oyster牡蠣 package包裝 padlock掛鎖 paella海飯
pagoda寶塔 paint油漆 paintbrush漆刷 palace宮殿 palette色盤 palisade柵欄 palm棕櫚 pancake煎餅
panda熊貓 pangolin穿山 pansy三色 panther黑豹 papaya木瓜 paper白紙 paprika甜椒 papyrus莎草
parachute降落 parade遊行 paragraph段落 parapet女牆 parasol陽傘 parcel包裹 parchment羊皮
parliament議會 parsley荷芹 parsnip歐防 partridge鷓鴣 passport護照 pasta義麵 pastel粉彩 pastry酥皮
pasture牧草 pathway小徑 patrol巡邏 pavement人行 pavilion亭閣 pea豌豆 peacock孔雀 peanut花生
pearl珍珠 pebble卵石 peddler小販 peeler削皮 peephole窺孔 pelican鵜鶘 pencil鉛筆 pendant墜子
pendulum鐘擺 penguin企鵝 peninsula半島 pension退休 peony牡丹 pepper辣椒 perch鱸魚 perfume香水
pergola花架 periscope潛鏡 permafrost凍土 permit許可 persimmon柿子 pestle杵棒 petroleum石油
petticoat襯裙 petunia矮牽 pharmacy藥房 phoenix鳳凰 photograph照片 physicist物理 piano鋼琴
pickaxe十鎬 picnic野餐 pier碼頭 pigeon鴿子 piggybank撲滿 piglet乳豬 pigment顏料 pigsty豬圈
pilgrim香客 pillow枕頭 pilot機師 pin別針 pineapple鳳梨 pinecone松果 pingpong桌球 pinnacle尖頂
pioneer先驅 pipe菸斗 pipeline管道 pipette滴管 piranha食人 pirate海盜 pistachio開心 piston活塞
pitcher冷壺 pitchfork乾草 pizza披薩 placemat餐墊 plaice鰈魚 planet行星 plank木板 plankton浮游
plaster石膏 plastic塑膠 plateau高原 platform月臺 platinum白金 platypus鴨嘴 playground樂園
plaza廣場 pliers鉗子 plough犁頭 plover鴴鳥 plum李子 plumber水匠 plumbline鉛錘 plywood膠合 poem詩歌
poker撲克 pole竿跳 polestar北極 police警察 pollen花粉 pollock狹鱈 polyester聚酯 pompom絨球
poncho披風 pond池塘 poodle貴賓 popcorn爆米 poplar楊樹 poppy罌粟 porcelain瓷器 porcupine豪豬
pork豬肉 porpoise江豚 porridge稀飯 portcullis吊閘 porthole舷窗 portrait肖像 postcard明信
postman郵差 potassium鉀肥 potato馬鈴 pottery陶器 powder粉餅 powerplant電廠 prairie草原 prawn明蝦
pretzel捲結 priest神父 primrose報春 prince王子 princess公主 printer列印 prism稜鏡 prison監獄
professor教授 projector投影 propeller螺旋 protractor量角 province省份 prow船頭 pudding布丁
puddle水窪 pufferfish河豚 pulley滑輪 pulpit講壇 pump水泵 pumpkin南瓜 pupa蟲蛹 pupil學童 puppet木偶
purse荷包 puzzle拼圖 pyjamas睡衣 pyramid金字 python蟒蛇 quail鵪鶉 quarry採石 quartz石英 queen王后
quilt棉被 quiver箭袋 rabbit兔子 raccoon浣熊 radar雷達 radiator暖氣 radio收音 radish蘿蔔 radium鐳針
raft木筏 rafter椽子 railway鐵路 rainbow彩虹 raincoat雨衣 rainfall雨量 rainforest雨林 raisin葡乾
ramen拉麵 rampart城垣 ranch牧場 rapids急流 rapier細劍 raspberry覆盆 rattan藤條 ravine溝壑
ravioli方餃 razor剃刀 reactor反應 receipt收據 recipe食譜 record唱片 redwood紅杉 reed蘆葦
referee裁判 refinery煉油 rehearsal排練 reindeer馴鹿 relay接力 relief浮雕 republic共和
reservoir水庫 resin樹脂 resistor電阻 restaurant餐廳 revolver輪槍 rhinestone水鑽 rhinoceros犀牛
rhubarb大黃 rhythm節奏 rib肋骨 ribbon緞帶 rice稻米 ricecake年糕 rickshaw人力 riddle謎語 rifle步槍
rigging索具 ring戒指 risotto燉飯 river河流 riverbank河岸 robin知更 robot機器 rock岩石 rocket火箭
roof屋頂 rooster公雞 rope繩索 rosary念珠 rosemary迷迭 rosewood黃檀 roulette輪盤 roundabout圓環
router路由 rowan花楸 rowing划船 ruby紅寶 rudder船舵 ruler直尺 rum蘭姆 runner跑者 runway跑道
sabre軍刀 saddle馬鞍 saffron番紅 sage鼠尾 sailboat帆船 sailing航海 sailor水手 salad沙拉
salamander蠑螈 salary薪水 salmon鮭魚 samba森巴 samurai武士 sand沙子 sandals涼鞋 sandalwood檀香
sandbank沙洲 sandcastle沙堡 sandpaper砂紙 sandstone砂岩 sandwich三明 sapphire藍寶 sardine沙丁
satellite衛星 satin緞子 sauce醬油 sauerkraut酸菜 sausage香腸 savanna疏林 saw鋸子 sawdust木屑
sawmill鋸木 saxophone薩克 scabbard刀鞘 scaffold鷹架 scale磅秤 scallion青蔥 scallop扇貝 scalpel手刀
scanner掃描 scarab聖甲 scarecrow稻人 scarf圍巾 scarlet朱紅 sceptre權杖 scholar書生 school學校
schooner縱帆 scientist學者 scissors剪刀 sconce壁燈 scooter滑板 scrap廢鐵 screw螺絲 script劇本
scroll卷軸 sculptor雕家 sculpture雕塑 scythe長鐮 seagull海鷗 seahorse海馬 seal海豹 sealstone印章
season季節 seatbelt安帶 seaweed海帶 secretary秘書 seedling幼苗 seesaw蹺板 semaphore旗語 sentry哨兵
sequin亮片 server伺服 sesame芝麻 sextant六儀 shadow影子 shampoo洗髮 shavings刨花 shawl披肩
sheep綿羊 sheepfold羊圈 sheetmusic樂譜 shelf書架 shellac蟲膠 shepherd牧人 shield盾牌 shin小腿
shingle木瓦 shipyard船廠 shirt襯衫 shoehorn鞋拔 shoelace鞋帶 shoes鞋子 shoreline岸線 shorts短褲
shoulder肩膀 shovel鏟子 shower淋浴 shrimp蝦米 shrine神社 shrub灌木 shutter快門 sickle鐮刀
sidecar邊車 sieve篩子 signature簽名 signboard招牌 signpost路標 silhouette剪影 silk絲綢
silkworm蠶寶 silver白銀 silverfish衣魚 sinkhole天坑 siren警笛 skateboard溜板 skates冰鞋
skating溜冰 sketch素描 skiing滑雪 skis雪板 skunk臭鼬 skylight天窗 skyscraper摩樓 slate石板
sledge雪橇 sleeve袖子 slide滑梯 slingshot彈弓 slippers拖鞋 slope山坡 sloth樹懶 slug蛞蝓 sluice水閘
smoke煙霧 snail蝸牛 snake毒蛇 snapper鯛魚 snipe田鷸 snorkel呼管 snow雪花 snowdrift雪堆
snowdrop雪蓮 snowglobe雪球 snowman雪人 snowshoe雪鞋 soap肥皂 socks襪子 sodium鈉燈 sofa沙發
soil土壤 soldier士兵 solenoid線圈 sombrero草帽 somersault筋斗 sonar聲納 soot煤灰 sorbet雪酪
sorghum高粱 sourdough酸種 soybean黃豆 spade鐵鍬 spaghetti細麵 spark火花 sparrow麻雀 spatula鍋鏟
speaker音箱 spear長矛 spectator看客 sphere球體 spider蜘蛛 spillway溢道 spinach菠菜 spindle紡錘
spine脊椎 spiral螺線 sponge海綿 spoon湯匙 spoonbill琵鷺 spotlight聚光 spring泉水 sprinkler灑水
sprocket鏈輪 spruce雲杉 spur馬刺 spy間諜 spyglass單筒 squadron中隊 square方形 squid魷魚
squirrel松鼠 stable馬廄 stadium球場 stagbeetle鍬形 stagecoach驛車 staircase樓梯 stalactite鐘乳
stalk莖稈 stapler釘書 starch澱粉 starfish海星 starfruit楊桃 starlight星光 starling椋鳥 station車站
statue雕像 steamer汽船 steel鋼鐵 steeple尖塔 steppe乾原 stern船尾 stew燉肉 sticker貼紙
stiletto細跟 stingray魟魚 stirrup馬鐙 stock股票 stockade木柵 stocking長襪 stomach胃袋 stool凳子
storm暴雨 stove爐子 strainer濾網 strait海峽 straw稻草 strawberry草莓 stream小溪 street街道
stretcher擔架 stripe條紋 strongbox錢箱 stucco灰泥 student學生 stump樹樁 stupa佛塔 sturgeon鱘魚
submarine潛艇 substation變電 suburb郊區 subway地鐵 suede麂皮 sugar白糖 sugarcane甘蔗 suitcase皮箱
sulphur硫磺 summer夏季 summit山頂 sunbeam光束 sundae聖代 sundial日晷 sunflower向日 sunglasses墨鏡
sunhat遮帽 sunrise日出 sunscreen防曬 sunset日落 sunshine陽光 surfboard衝浪 sushi壽司
suspenders吊帶 swallow燕子 swamp沼澤 swan鵠鳥 swarm蟲群 sweater毛衣 sweetpea香豌 swimmer泳者
swimsuit泳衣 swing鞦韆 switch開關 sword寶劍 swordfish劍旗 sycamore梧桐 symphony交響 syringe針筒
syrup糖漿 tablecloth桌布 tablet平板 tadpole蝌蚪 talisman法寶 tamarind羅望 tambourine鈴鼓 tank坦克
tankard啤杯 tanker油輪 tape膠帶 tapestry掛毯 tapir貘獸 tarantula狼蛛 tariff關稅 taro芋頭
tartan蘇格 tassel穗子 tavern酒館 taxi計程 teabag茶包 teacher老師 teacup茶杯 teahouse茶館 teak柚木
teapot茶壺 teaspoon茶匙 telegram電文 telegraph電報 telephone電話 telescope望遠 television電視
tempeh天貝 temple寺廟 tennis網球 tent帳篷 termite白蟻 terrace露臺 terrapin水龜 terrarium生態
textbook課本 thatch茅草 theatre劇院 thermos熱瓶 thermostat恆溫 thigh大腿 thimble頂針 thistle薊草
thorn荊棘 thread絲線 threshold門檻 throat喉嚨 throne王座 thrush畫眉 thumb拇指 thunder雷聲
thyme百里 tiara冠冕 ticket車票 tiger老虎 tilapia羅非 tile瓦片 timber木材 titanium鈦板 toad蟾蜍
toast烤片 toaster烤麵 tobacco菸草 toboggan平橇 toddler幼童 tofu豆腐 token代幣 tollbooth收費
tollgate關卡 tomahawk戰斧 tomato番茄 tongs火鉗 tongue舌頭 tooth牙齒 toothbrush牙刷 toothpaste牙膏
toothpick牙籤 topaz黃玉 torch火炬 tornado龍捲 torpedo魚雷 tortilla薄餅 tortoise陸龜 totem圖騰
toucan巨嘴 tourist遊客 tower高塔 town城鎮 tractor拖拉 tragedy悲劇 trail步道 trailer拖車 tram電車
trampoline彈床 transistor晶管 translator譯者 trapdoor暗門 traveller旅人 treadmill跑機 treasure寶藏
trellis棚架 triangle三鐵 tributary支流 trickle細流 trident叉戟 trilobite三葉 tripod腳架
trombone長號 trophy獎盃 tropics熱帶 trough食槽 trousers長褲 trout鱒魚 trowel抹刀 truck卡車
truffle松露 trumpet小號 tsunami海嘯 tugboat拖船 tuna鮪魚 tundra凍原 tungsten鎢絲 tuningfork音叉
tunnel隧道 turban頭巾 turbine渦輪 turkey火雞 turmeric薑黃 turnip蕪菁 turnstile旋門 turntable唱盤
turpentine松節 turquoise松石 turret角樓 turtle海龜 tusk象牙 tutor家教 tuxedo禮服 tweed花呢
twig枝條 twilight暮色 twins雙胞 typewriter打字 typhoon颱風 tyre輪胎 udon烏冬 ukulele烏克
umbrella雨傘 umpire主審 uncle叔叔 underpass地道 unicorn獨角 uniform制服 uranium鈾礦 urchin海膽
vaccine疫苗 vacuum吸塵 valley山谷 valve閥門 vanilla香草 varnish清漆 vase花瓶 vault金庫
vegetable蔬菜 veil面紗 velvet天鵝 veneer貼皮 veranda走廊 viaduct高架 village村莊 vinegar米醋
vineyard葡園 violet堇菜 violin提琴 violinbow琴弓 visa簽證 vodka伏特 volcano火山 volleyball排球
voltmeter電壓 voucher兌券 vulture禿鷲 waders漁褲 waffle鬆餅 wagon篷車 wall牆壁 wallaby沙袋
wallet錢包 wallpaper壁紙 walnut核桃 walrus海象 waltz華爾 warbler鶯鳥 wardrobe衣櫃 warehouse倉庫
warthog疣豬 wasabi山葵 washer墊圈 wasp黃蜂 watch手錶 watchtower瞭塔 water清水 waterfall瀑布
waterlily睡蓮 watermelon西瓜 watermill水車 watershed分水 wax蜂蠟 weasel黃鼠 webcam視鏡 wedding婚禮
weevil象鼻 weir堰堤 welder焊工 wetland濕地 wetsuit潛服 whale鯨魚 wharf埠頭 wheat小麥 wheel車輪
wheelchair輪椅 whetstone砥石 whirlpool漩渦 whisker鬍鬚 whisky威士 whiteboard白板 wicker柳編
wildebeest角馬 winch捲揚 windfarm風場 windlass轆轤 windmill風車 window窗戶 windowsill窗臺
windshield擋風 windsock風袋 winery酒莊 winter冬天 wiper雨刷 wisteria紫藤 wok炒鍋 wolf野狼
wombat袋熊 wonton餛飩 woodcut木刻 woodland林地 woodpecker啄木 wool羊毛 workshop作坊 wreath花環
wrench扳手 wrestler角力 wrist手腕 writer作家 yacht遊艇 yak犛牛 yeast酵母 yoga瑜伽 yogurt優格
zebra斑馬 zeppelin飛船 zigzag曲折 zinc鋅片 zinnia百日 zipper拉鏈 zither古箏 zongzi粽子 zoo動物
zucchini櫛瓜
"""
PAIRS = _TEXT.split()
