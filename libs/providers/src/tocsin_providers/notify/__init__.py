"""GOV.UK Notify, API version 2."""
