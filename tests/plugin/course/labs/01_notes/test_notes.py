"""01: the smallest lab that has a task of each kind."""


def test_the_size_is_found(answers, lab):
    """The size is handed in."""
    size = lab.parameters["size"]
    assert answers["size"] == str(size), f"seen {answers['size']}; expected what is in /stage/size; next look there"


def test_the_note_is_there(host, lab):
    """The note has your word."""
    note = host.run("cat /proc/1/root/stage/note").stdout.strip()
    word = lab.parameters["word"]
    assert note == word, f"seen {note!r} in /stage/note; expected {word!r}; next type: echo {word} > /stage/note"


def test_the_note_survives_the_press(host, workload, lab):
    """The note is still there after the press."""
    workload("press")
    note = host.run("cat /proc/1/root/stage/note").stdout.strip()
    assert note == lab.parameters["word"], "seen an empty note; expected your word; next protect it"
