/* Sends the chosen files to the kernel piece by piece, through the text field behind the box, and waits for each answer.
   Runs inside an attribute of the file field, where `this` is that field: JupyterLab and Voilà run nothing else of ours. */
(async (field) => {
  const box = field.closest('.retention-drop');
  const root = field.closest('.retention-receiving');
  const line = root.querySelector('.retention-pieces textarea');
  const answer = root.querySelector('.retention-answer');
  const bar = box.querySelector('progress');
  const chosen = [...field.files];
  const words = box.dataset;
  const size = Number(words.piece);

  const asked = (message) => new Promise((resolve, reject) => {
    const heard = () => {
      const said = answer.querySelector('[data-answer]');
      if (!said) return;
      const found = JSON.parse(said.dataset.answer);
      if (found.id !== message.id || found.step !== message.step) return;
      watch.disconnect();
      clearTimeout(late);
      resolve(found);
    };
    const watch = new MutationObserver(heard);
    const late = setTimeout(() => { watch.disconnect(); reject(new Error(words.lost)); }, 90000);
    watch.observe(answer, { childList: true, subtree: true, characterData: true, attributes: true });
    line.value = JSON.stringify(message);
    line.dispatchEvent(new Event('change', { bubbles: true }));
  });

  const text = (blob) => new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1));
    reader.onerror = () => reject(new Error(words.unreadable));
    reader.readAsDataURL(blob);
  });

  const send = async (file) => {
    const id = Date.now().toString(36) + Math.random().toString(36).slice(2);
    let step = 0;
    const first = await asked({ id, step, do: 'begin', name: file.name, size: file.size });
    if (first.stop) return;
    for (let at = 0; at < file.size; at += size) {
      if (!box.isConnected) return;
      step += 1;
      const said = await asked({ id, step, do: 'piece', data: await text(file.slice(at, at + size)) });
      if (said.stop) return;
      bar.value = Math.min(at + size, file.size) / file.size;
    }
    await asked({ id, step: step + 1, do: 'end' });
  };

  field.disabled = true;
  try {
    for (const file of chosen) {
      bar.hidden = false;
      bar.value = 0;
      await send(file);
    }
    await asked({ id: 'all', step: Date.now(), do: 'done' });
  } catch (fault) {
    box.querySelector('.retention-lost').textContent = fault.message;
  } finally {
    bar.hidden = true;
    field.disabled = false;
    field.value = '';
  }
})(this)
