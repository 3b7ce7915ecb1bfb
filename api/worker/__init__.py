"""What runs beside the requests: watched segments are followed, whoever asks or not."""
