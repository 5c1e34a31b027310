"""The form: everything chosen before Run."""
