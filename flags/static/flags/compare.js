/* The page that compares: the question of a protected environment keeps the focus inside. */
"use strict";

const question = document.getElementById("question");
if (question) {
  question.close();
  question.showModal();
}
