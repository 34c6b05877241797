// A byte of the key with an odd number of ones is that of a real picture: no secret, but not read at a glance.
for (const place of document.querySelectorAll(".blind")) {
  const test = JSON.parse(place.querySelector("script").textContent);
  const key = [...atob(test.key)].map((letter) => letter.charCodeAt(0).toString(2).replaceAll("0", "").length % 2 === 1);
  const [picture, count, buttons, result, save] = ["img", ".count", ".answers", ".result", "a"].map((name) => place.querySelector(name));
  const answers = [];
  const show = () => {
    if (answers.length < test.pictures.length) {
      picture.src = test.pictures[answers.length];
      count.textContent = `Picture ${answers.length + 1} of ${test.pictures.length}`;
      return;
    }
    const wrong = answers.filter((one) => one.is_real !== one.said_real).length;
    result.textContent = `${wrong} of ${answers.length} answers were wrong; who cannot tell is wrong in half of them.`;
    const content = JSON.stringify({ study: test.study, arm: test.arm, answers });
    save.href = `data:application/json,${encodeURIComponent(content)}`;
    buttons.hidden = picture.hidden = count.hidden = true;
    save.hidden = result.hidden = false;
  };
  for (const button of buttons.querySelectorAll("button")) {
    button.addEventListener("click", () => {
      answers.push({ is_real: key[answers.length], said_real: button.dataset.real === "true" });
      show();
    });
  }
  place.querySelector(".start").addEventListener("click", (event) => {
    event.target.hidden = true;
    buttons.hidden = picture.hidden = count.hidden = false;
    show();
  });
}
