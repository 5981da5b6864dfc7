import unittest

import app


class Greeting(unittest.TestCase):
    def test_says_hello(self):
        self.assertEqual(app.greeting("pets"), "hello pets")
