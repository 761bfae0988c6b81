# What R's package `survival` makes of a table of times at risk: Rscript --vanilla against_r.R FOLDER
#
# FOLDER holds spells.csv (entry, exit [quarters], event, cause "" when censored, run, old 0/1, then the covariates) and
# gets curve.csv, incidence.csv, cox.csv and slopes.csv, numbers with all their digits.
library(survival)

folder <- commandArgs(trailingOnly = TRUE)[1]
spells <- read.csv(file.path(folder, "spells.csv"), stringsAsFactors = FALSE, na.strings = NULL)
covariates <- setdiff(names(spells), c("entry", "exit", "event", "cause", "run", "old"))
keep <- function(table, name) {
  numbers <- sapply(table, is.numeric)
  table[numbers] <- lapply(table[numbers], function(column) sprintf("%.17g", column))
  write.csv(table, file.path(folder, name), row.names = FALSE, quote = FALSE)
}

curve <- survfit(Surv(entry, exit, event) ~ 1, data = spells)
keep(data.frame(age = curve$time, survival = curve$surv, at_risk = curve$n.risk, events = curve$n.event), "curve.csv")

# Several states: the first level is being active, an agreement that rests moves to the state of its cause.
spells$state <- factor(spells$cause, levels = c("", setdiff(sort(unique(spells$cause)), "")))
spells$id <- seq_len(nrow(spells))
states <- survfit(Surv(entry, exit, state) ~ 1, data = spells, id = id)
shares <- data.frame(age = states$time, states$pstate)
names(shares) <- c("age", "active", levels(spells$state)[-1])
keep(shares, "incidence.csv")

# Ties after Efron, robust errors with the run as the cluster, a baseline hazard each for old and new at entry.
formula <- reformulate(c(covariates, "strata(old)"), "Surv(entry, exit, event)")
control <- coxph.control(eps = 1e-13, toler.chol = 1e-14, iter.max = 50)
fit <- coxph(formula, data = spells, ties = "efron", cluster = run, control = control)
keep(
  data.frame(
    covariate = covariates, coefficient = coef(fit), robust = sqrt(diag(fit$var)), naive = sqrt(diag(fit$naive.var))
  ),
  "cox.csv"
)

# The slope over age one step from the fit: every agreement cut at every quarter, a covariate times age for one of them.
pieces <- survSplit(Surv(entry, exit, event) ~ ., data = spells, cut = seq_len(max(spells$exit)), episode = "piece")
middle <- mean(spells$exit[spells$event == 1]) / 4
slopes <- sapply(covariates, function(name) {
  pieces$growing <- pieces[[name]] * (pieces$exit / 4 - middle)
  longer <- coxph(
    reformulate(c(covariates, "growing", "strata(old)"), "Surv(entry, exit, event)"), data = pieces, ties = "efron",
    cluster = run, init = c(coef(fit), 0), control = coxph.control(iter.max = 0)
  )
  score <- colSums(residuals(longer, type = "score"))
  slope <- (longer$naive.var %*% score)[length(covariates) + 1]
  moved <- residuals(longer, type = "dfbeta", collapse = pieces$run)[, length(covariates) + 1]
  c(slope, sqrt(sum((moved - mean(moved))^2)))
})
keep(data.frame(covariate = covariates, slope = slopes[1, ], error = slopes[2, ]), "slopes.csv")
