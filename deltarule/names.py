"""A thousand given names, for a model of language that fits on a page.

They are those given most often to children in the United States from 1880 to 2024, in the order
of how often, by the records of the Social Security Administration, which are in the public domain
(https://www.ssa.gov/oact/babynames). Girls' and boys' names are counted together, all in small
letters.
"""

from typing import Final

_IN_ORDER: Final = """
james john robert michael william mary david joseph richard charles thomas christopher daniel
elizabeth matthew patricia george anthony jennifer linda barbara donald paul mark andrew edward
steven kenneth margaret joshua kevin brian susan dorothy sarah timothy ronald jason jessica helen
nancy betty karen ryan jacob jeffrey lisa nicholas frank anna gary emily eric sandra ashley
jonathan stephen kimberly ruth donna carol benjamin michelle samuel larry laura justin amanda
raymond scott brandon emma melissa henry rebecca jack stephanie deborah alexander sharon kathleen
gregory cynthia amy shirley patrick angela catherine virginia katherine walter evelyn jerry dennis
tyler aaron brenda frances pamela willie nicole jose samantha peter christine alice nathan adam
rachel maria douglas janet carolyn kelly olivia harold martha debra zachary arthur marie jordan
grace heather victoria terry diane noah julie joyce carl rose kyle albert joan jean christina
lauren ethan julia lillian ann christian doris joe lawrence hannah kathryn judith mildred gerald
andrea jeremy roger jesse taylor megan charlotte cheryl austin keith sara dylan jacqueline sophia
sean harry madison teresa gloria ralph logan alexis roy abigail louis janice isabella theresa
gabriel bryan billy bruce judy eugene leslie beverly jane natalie ruby amber denise marilyn
danielle elijah diana juan alan brittany vincent angel russell annie jamie irene wayne howard
shannon ella kayla fred philip lori cameron tiffany florence mason shawn robin louise liam ava
lois kathy randy tammy crystal bonnie victor eleanor josephine isaac erin anne bobby phyllis lucas
johnny allison caleb francis luke martin alyssa bradley tracy phillip travis carlos audrey
clarence theodore ernest stanley craig dale mia hazel clara edna cody lee leonard alex peggy tina
luis earl jackson jimmy dawn evan danny nathaniel rita eva adrian todd wanda paula courtney jessie
joel ethel norma ellen marjorie connie hunter allen valerie jayden edith esther amelia morgan
gladys carrie frederick brianna wendy antonio curtis elaine vanessa marion melanie julian jasmine
cindy oliver marvin aiden norman ian tony leo leah monica glenn isaiah chloe rodney caroline edwin
melvin dana wesley alexandra sylvia alfred jesus april steve chad marcus katie riley sheila owen
derek lynn connor erica lucille jeffery lucy sherry alicia avery herbert vivian eddie pauline
thelma michele ricky veronica jeremiah kristen charlie suzanne calvin troy anita kim dolores oscar
joanne geraldine gail claire lorraine carter ray sebastian dustin bertha rhonda juanita jill june
levi mike jared holly sally darlene madeline blake wyatt stella leroy bernard randall brooke jay
shane beatrice corey casey dean manuel dominic ronnie clifford miguel eileen savannah elsie gavin
ida debbie nora renee naomi sydney stacy bernice landon lydia regina warren lily chase barry leon
tommy kristin jo hailey sofia violet rosa gertrude loretta tara molly devin roberta cassandra
bessie cathy jackie chris annette jon don laurie kaitlyn max seth alma lindsey mitchell shelby
georgia jeanette jeanne colleen chelsea pearl aubrey brett rosemary alvin jerome lloyd stacey
trevor bill darrell haley minnie agnes beth lillie addison carmen zoe xavier parker erik joann
edgar yvonne micheal daisy lewis floyd kelsey gordon cora jim vicki gina nellie cole destiny mario
johnnie eli carla heidi colton clyde ivan jenna vera vernon mackenzie paige terri faith ricardo
derrick sadie lena alejandro sue maureen hayden josiah autumn arlene marian joy francisco sabrina
franklin mabel marc wilma tom brent constance kaylee gabrielle jorge harper clayton maurice peyton
carson kristina myrtle herman melinda brayden garrett lindsay jimmie gabriella grant billie sophie
deanna charlene katelyn gene cory mattie marcia colin viola nina everett dakota isabel andre
lester alexa tamara elmer nolan bailey marlene gilbert tristan micah jake claudia spencer sam
jennie harvey grayson patsy glen bryce erika angelina brooklyn diego gwendolyn layla genevieve
preston priscilla maggie chester jaime marissa tonya kylie elias jeff aidan maya cooper milton
ariana delores camila tanya miles miriam alison ruben duane mateo maxine mae miranda mariah cecil
yolanda roberto leona madelyn jocelyn caitlin reginald zoey melody joanna carole jaxon ana vickie
eduardo glenda cecilia brandy sidney hector makayla maxwell hudson aaliyah javier dan damian
bobbie jade dora margie scarlett ashton isabelle lance ada omar asher neil hattie gianna marsha
darren arnold alexandria skylar whitney penelope elena ezra fernando arianna kay abraham brandi
lincoln kara toni karl katrina lonnie kendall roland bethany ellie penny christy sierra nicolas
tanner ariel roman kerry iris kendra kennedy johnathan clinton brady natasha marshall nevaeh
briana hope meghan allan harrison santiago lola adriana dianne tracey andres andy jaden marguerite
pedro genesis darryl bob angelica devon jenny leonardo claude bridget aurora brendan guadalupe
karla felicia guy ayden harriet aria summer emmanuel jace geneva rafael raul blanche trinity
giovanni jody velma drew becky shelly quinn kurt susie fannie angelo kaleb gabriela ben kate lula
dalton jacquelyn dallas candace rosie misty kristine julius payton sherri hugh desiree wallace tim
freddie brad jillian jonah natalia lorenzo gracie rachael brittney breanna rosalie byron ross
felix rick luna bella sergio eunice meredith collin hilda bryson ivy jodi brody sawyer tyrone
nelson mila perry sandy monique sheryl erick kayden dwight antoinette frankie willard ezekiel
valeria cesar mamie lynda greg ramon mathew easton bianca dwayne adeline jan kristi armando marco
emmett camille wade janie rebekah ted serenity krystal kelli lila kai shelley dominique irma elise
krista shaun opal beulah virgil cheyenne belinda josie terrence rene rylee reagan faye liliana
israel morris caden silas harley terrance alberta ramona kristy flora clifton weston della luca
august cristian kaden verna kent jeannette inez stuart callie malcolm simon skyler adrienne damon
eloise axel eliza bennett kirk candice donnie elliott eliana daniela jada daryl luther jordyn
dominick sonia pat annabelle juliana noel mckenzie carly rowan gayle jaxson ryder alana dillon
sonya jonathon olive marcella lilly marianne angie maverick fredrick abel braxton robyn dave
emilia yvette damien celeste cassidy emerson nichole julio myra kristopher malachi alberto elliot
maryann patty bennie delilah lynne rickey reese olga ira paisley bentley mya abby otis beau karina
donovan myles homer camden piper joey enrique jasper gage willow emery sheri kari jameson rex lyle
cecelia valentina eden roxanne mallory loren tabitha earnest ollie gerard selena graham greyson
trenton leland hubert colby kaitlin salvatore wilbur alfredo conner
"""
NAMES: Final = _IN_ORDER.split()
