"""What customers say: answers to survey questions, and satisfaction measured from them."""
