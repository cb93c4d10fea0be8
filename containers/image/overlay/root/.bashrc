[ -n "$PS1" ] || return
PS1='\[\e[1;32m\]\u@\h\[\e[0m\]:\[\e[1;34m\]\w\[\e[0m\]# '
[ "$TERM" = dumb ] && PS1='\u@\h:\w# '
HISTTIMEFORMAT='%F %T '
HISTSIZE=10000
shopt -s histappend checkwinsize
PROMPT_COMMAND='history -a'
alias ls='ls --color=auto' ll='ls -l' grep='grep --color=auto'
[ -r /usr/share/bash-completion/bash_completion ] && . /usr/share/bash-completion/bash_completion
