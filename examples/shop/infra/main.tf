# What the shop needs besides its own process. `terraform_data` is built in, so that no provider is downloaded.

terraform {
  required_version = ">= 1.4"
}

variable "order_mail_sender" {
  description = "Address that order confirmations come from"
  type        = string
  default     = "orders@northpath.invalid"
}

resource "terraform_data" "order_mail" {
  input = {
    sender         = var.order_mail_sender
    retention_days = 30
  }
}

output "order_mail_sender" {
  value = terraform_data.order_mail.output.sender
}
