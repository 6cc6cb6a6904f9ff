# Writes tables of R packages as CSV files with the target as the last column, `y`: Rscript real_tables.R <folder>.
# Needs Debian's r-cran-modeldata, r-cran-mlbench, r-cran-kernlab, r-cran-aer and r-cran-ggplot2.
folder <- commandArgs(TRUE)[1]
tables <- read.csv(text = "name,package,target
ames,modeldata,Sale_Price
concrete,modeldata,compressive_strength
credit_data,modeldata,Status
attrition,modeldata,Attrition
mlc_churn,modeldata,churn
hpc_data,modeldata,class
hotel_rates,modeldata,avg_price_per_room
cells,modeldata,class
chem_proc_yield,modeldata,yield
Sacramento,modeldata,price
stackoverflow,modeldata,Remote
wa_churn,modeldata,churn
deliveries,modeldata,time_to_delivery
car_prices,modeldata,Price
BostonHousing,mlbench,medv
Satellite,mlbench,classes
LetterRecognition,mlbench,lettr
Sonar,mlbench,Class
PimaIndiansDiabetes,mlbench,diabetes
Vehicle,mlbench,Class
Vowel,mlbench,Class
Glass,mlbench,Type
Ionosphere,mlbench,Class
spam,kernlab,type
CPS1985,AER,wage
HousePrices,AER,price
HMDA,AER,deny
CollegeDistance,AER,wage
diamonds,ggplot2,price
mpg,ggplot2,hwy")
for (k in seq_len(nrow(tables))) {
  row <- tables[k, ]
  loaded <- new.env()
  data(list = row$name, package = row$package, envir = loaded)
  frame <- as.data.frame(get(ls(loaded)[1], loaded))
  frame <- frame[!is.na(frame[[row$target]]), setdiff(names(frame), "case")]
  y <- frame[[row$target]]
  frame[[row$target]] <- NULL
  names(frame)[names(frame) == "y"] <- "y_"
  frame$y <- if (is.factor(y)) paste("class", y) else y # numbers that name classes stay names
  write.csv(frame, file.path(folder, paste0(row$name, ".csv")), row.names = FALSE, na = "")
}
