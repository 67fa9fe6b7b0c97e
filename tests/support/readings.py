"""How the Chinese characters of the word list are read, without tones: a syllable, then its own."""

_TEXT = """
ai矮隘 an安岸暗案桉氨鞍鵪 ao澳 ba壩巴把拔笆芭靶 bai擺柏白百 ban半扳斑板班 bang棒磅膀蒡
bao保刨包堡報寶暴爆胞薄豹雹 bei北悲杯盃碑背被貝 ben本畚 beng崩泵繃 bi匕壁幣比畢筆鼻 bian扁編變邊
biao杓標表錶鏢 bie別 bin檳賓 bing兵冰餅 bo博撥波玻菠蔔鈸駁 bu埠布步簿部 ca擦 cai彩採材菜裁 can蠶餐
cang倉艙蒼藏 cao操槽草 ce側冊 ceng層 cha叉察岔差茶 chai柴 chan蟬蟾鏟 chang唱場常廠腸 chao巢朝炒鈔
che車 chen塵襯 cheng城成承橙秤程 chi匙尺池赤鴟齒 chong充蟲衝 chou抽綢臭 chu出廚杵蜍鋤雛
chuan串傳川椽穿船 chuang床窗 chui吹錘 chun春鶉 ci伺刺瓷磁鶿 cong叢囪蔥 cu醋 cui翠脆 cun村 da大打達
dai代帶戴袋貸 dan丹單彈擔氮淡膽蛋 dang擋檔盪 dao倒刀島盜稻道 deng凳燈瞪鐙 di地堤帝底滴砥笛遞
dian典墊店殿澱甸碘電 diao吊貂雕鯛 die碟蝶諜迭鰈 ding丁釘錠頂 dong冬凍動洞 dou斗蚪豆
du度杜毒渡獨賭都 duan段短緞 dui兌堆隊 dun燉盾 duo多朵舵 e惡蛾額鱷鵝 er兒爾耳鴯 fa法琺發筏閥髮
fan反帆氾番翻販飯 fang坊房方紡防 fei啡廢狒緋翡肥肺費非飛鯡 fen份分粉芬 feng封楓縫蜂風鳳 fo佛
fu伏夫幅扶斧服浮父福符腐腹覆負 gai溉蓋鈣 gan桿橄甘稈竿 gang崗槓港缸鋼 gao稿糕膏高 ge格歌疙閣革鴿
gen根茛跟 geng更 gong公共宮工弓拱蚣貢 gou溝狗篝鉤 gu古穀股菇谷鈷骨鴣鼓 gua掛瓜 guan冠灌管罐觀關館
guang光廣 gui晷桂櫃貴軌鮭龜 gun棍 guo國果裹過鍋 ha哈 hai氦海 han含喊寒旱涵漢焊 hang航 hao號豪鎬
he合和壑核河盒荷鶴 hei黑 heng恆橫鴴 hong洪紅虹魟 hou候厚后喉猴 hu呼壺戶湖狐瑚胡葫虎蝴護鬍鵠鶘
hua划化樺滑畫花華話 huai踝 huan浣獾環 huang凰皇磺簧蝗黃 hui匯回彗揮會灰薈迴 hun婚餛 huo活火貨
ji劑吉圾季寄急戟技擊棘極機祭箕紀脊薊計記跡集雞麂 jia伽價嘉夾家架甲茄鉀頰駕
jian件健剪劍尖建煎監箭繭肩艦鍵間 jiang匠將槳江漿獎薑講醬降 jiao交教椒礁窖絞腳膠蕉角郊酵鉸餃
jie戒接睫節結芥街 jin堇巾燼筋襟金錦 jing井境徑景晶精經荊莖菁警鏡頸鯨 jiu廄救臼酒韭鳩鷲
ju具劇居巨據桔橘炬聚苣菊鋸颶 juan卷圈捲鵑 jue掘絕蕨角 jun軍 ka卡咖 kai開 kan刊檻看 kang康
kao烤銬靠 ke克刻可客殼蝌課 keng坑 kong孔恐空 kou口扣蔻 ku庫苦褲 kua跨 kuai塊快筷 kuang礦鵟
kui盔窺葵 kun昆 kuo擴蛞 la垃拉蠟辣 lai來 lan懶欄欖籃纜藍蘭 lang廊朗浪狼瑯螂 lao牢老酪 le樂
lei肋鐳雷類 leng冷稜 li利力哩曆李栗梨犁狸理礫禮立籬荔莉蠣里離鯉鸝麗 lian槤煉簾練臉蓮連鍊鏈鐮
liang亮椋樑涼粱糧量 liao料瞭 lie列獵裂鬣 lin林淋鄰鱗 ling羚鈴陵靈領齡 liu六柳榴流溜留硫餾
long嚨籠龍 lou樓漏 lu爐蘆路轆轤錄陸露鱸鷺鸕鹿麓 luan卵 lun輪 luo羅落蘿螺邏鑼駱騾
lv侶律旅櫚氯濾綠鋁驢 ma獁瑪碼螞馬麻 mai埋脈賣麥 man曼滿漫蔓鰻 mang芒蟒 mao帽毛犛矛茅貓錨
mei梅煤眉美莓 men門 meng檬猛虻 mi密獼秘米蜜謎迷 mian冕棉眠綿面麵 miao廟描苗鶓 ming名明
mo墨抹摩末沫漠磨茉蘑貘魔 mu姆幕拇暮木母牡牧目 na納鈉 nai乃奶 nan南 nang囊 nao瑙腦 nei內 ni呢尼泥霓
nian年念鯰黏 niao鳥 nie鎳 ning檸 niu牛鈕 nong濃農 nu弩 nuan暖 nv女 ou偶歐鷗 pa杷 pai拍排牌 pan判盤
pang螃 pao拋泡砲袍跑 pei培 pen噴盆 peng棚篷 pi匹啤披枇琵皮 pian片 piao漂瓢票 pin拼
ping坪平憑瓶萍蘋 po坡泊 pu圃撲瀑葡蒲譜鋪 qi企器奇旗棋氣汽淇漆琪起騎 qian乾千嵌潛牽簽籤鉗鉛錢韆
qiang強槍牆 qiao巧撬橇橋蹺鍬鞘 qie茄 qin琴芹親 qing慶擎清蜻輕青 qiong穹 qiu丘楸犰球秋蚯鞦鰍
qu區曲蠼驅 quan券圈拳權泉犬 que雀鵲 qun群裙 ran染然蚺 rang壤 re熱 ren人仁忍 ri日 rong容熔絨蠑
rou柔肉 ru乳 ruan軟 run潤 sa灑薩 sai塞賽 san三傘 sang桑 sao掃 se色 sen森 seng僧 sha沙煞砂紗
shai曬篩 shan山扇杉柵珊衫閃 shang上商 shao勺哨 she射社舌舍蛇 shen審深神紳葚身 sheng勝升生省繩聖聲
shi事使匙十史士室實市師時柿濕矢石蝕視詩食 shou壽手授收獸首 shu叔數書束樹疏蔬薯術豎輸鼠 shua刷
shuai蟀 shuan栓 shuang雙霜 shui水睡稅 shuo說 si司寺思絲 song松頌鬆 sou螋 su塑粟素蘇酥 suan算蒜酸
sui穗隧 sun筍隼 suo所梭索縮莎鎖 ta他塔獺 tai太態檯胎臺苔鈦颱 tan坦壇探檀毯灘炭碳
tang堂塘棠湯糖螳躺 tao套桃萄陶 te特 teng藤騰 ti剃屜提梯蹄題體鯷鵜 tian天甜田 tiao條跳 tie貼鐵
ting亭停庭廳艇蜓 tong桐桶童筒通銅 tou投頭 tu兔凸吐圖土徒禿 tui推腿蛻退 tun臀豚飩 tuo拖陀駝鴕
wa娃挖瓦窪蛙襪 wan丸彎挽灣碗腕萬豌 wang望王網 wei圍威尾微緯胃葦蝟衛鮪 wen吻文溫紋蚊 wo渦窩臥萵蝸
wu午塢屋梧武烏無物舞蕪蜈鎢霧 xi吸喜席息戲昔洗溪潟犀稀細膝蜥蟋西隙 xia匣夏峽狹蝦
xian仙先線縣纖舷蘚險顯鮮 xiang像向橡相箱翔象鑲響項香 xiao削嘯小校消肖鴞 xie寫屑斜歇蟹鞋
xin信心芯薪鋅 xing形星杏行醒 xiong熊胸 xiu休修繡羞袖 xu蓄許鬚 xuan懸旋漩玄選 xue學穴雪靴鱈
xun巡薰馴鱘 ya亞啞壓崖牙芽蚜軋鴉鴨 yan堰宴岩演焰煙燕眼硯簷菸醃閹顏驗鼴 yang揚楊氧洋羊陽
yao搖窯腰藥要鑰 ye夜椰業液葉野 yi一儀椅溢疫義翼蜴蟻衣譯議醫驛 yin印引蔭蚓銀音
ying嬰影應櫻營硬罌英螢鶯鷹鸚 yong泳蛹 you優幼幽柚油游由疣遊郵鈾魷鼬
yu域寓嶼榆浴漁狳獄玉瑜羽芋蝓語雨預餘魚鷸 yuan原員園圓垣猿緣羱螈遠院鳶 yue月約越 yun運隕雲 za雜
zai仔栽災 zang臟 zao早棗皂藻蚤造鑿 ze澤 zei賊 zha楂炸閘 zhai宅 zhan戰棧氈站 zhang帳掌杖樟章蟑長障
zhao招沼照爪罩 zhe折摺者蔗赭遮鷓 zhen偵振枕榛珍真砧診針鎮震 zheng箏蒸證鯖
zhi制執指支枝梔櫛汁直知紙織脂至芝蛭蜘誌質酯 zhong中眾種重鐘 zhou帚洲粥肘軸
zhu主朱柱燭珠竹築蛛豬鑄駐 zhuan磚 zhuang撞樁莊裝 zhui墜椎 zhuo啄桌鐲 zi子字孜紫資 zong棕粽縱
zou奏走 zu族足阻 zuan鑽 zui嘴 zun鱒 zuo作座
"""
READINGS = _TEXT.split()
