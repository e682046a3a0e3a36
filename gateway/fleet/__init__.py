"""The bureau's side: what is known of every school's box, in pure state; the task that hears them; nothing judges alarms here."""
