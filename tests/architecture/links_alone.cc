// See CMakeLists.txt.
int main() { return 0; }
