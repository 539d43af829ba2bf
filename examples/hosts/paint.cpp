/* A photo in a window: paint on the face, and the network makes it real while you paint. A host of npe in C++ with SDL2 and libpng.
 *   c++ -std=c++17 paint.cpp -o paint $(pkg-config --cflags --libs npe sdl2 libpng) -pthread
 *   ./paint photo.png result.png
 * Left button: paint. Wheel: size. 1 to 5: colour. Ctrl+Z, Ctrl+Y: undo, redo. Ctrl+S: save. Escape: quit.
 */
#include <SDL.h>
#include <npe.hpp>
#include <png.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Pixels {
    uint32_t width = 0, height = 0;
    std::vector<uint8_t> rgb;
};

Pixels read_png(const char *path) {
    png_image png = png_image();
    png.version = PNG_IMAGE_VERSION;
    if (!png_image_begin_read_from_file(&png, path)) throw std::runtime_error(std::string(path) + ": " + png.message);
    png.format = PNG_FORMAT_RGB;
    Pixels p;
    p.width = png.width, p.height = png.height;
    p.rgb.resize(PNG_IMAGE_SIZE(png));
    if (!png_image_finish_read(&png, nullptr, p.rgb.data(), 0, nullptr))
        throw std::runtime_error(std::string(path) + ": " + png.message);
    return p;
}

void write_png(const char *path, const Pixels &p) {
    png_image png = png_image();
    png.version = PNG_IMAGE_VERSION;
    png.width = p.width, png.height = p.height, png.format = PNG_FORMAT_RGB;
    if (!png_image_write_to_file(&png, path, 0, p.rgb.data(), 0, nullptr))
        throw std::runtime_error(std::string(path) + ": " + png.message);
}

/* The edit lives in a thread of its own: strokes take a tenth of a second, and the window must not wait. What is wished meanwhile is
 * merged: the guide is always the newest one. */
class Worker {
public:
    Worker(const Pixels &photo, const char *save_to)
        : shown(photo), guide_(size_t(photo.width) * photo.height * 4), save_to_(save_to), thread_([this] { run(); }) {}
    ~Worker() {
        ask('q');
        thread_.join();
    }

    /* A round dab of colour on the guide, in the photo's pixels. */
    void dab(float x, float y, float radius, const uint8_t colour[3]) { wish(Wish{'d', x, y, radius, colour}); }
    /* e: the stroke ends; z, y: undo, redo; s: save; q: quit. */
    void ask(char what) { wish(Wish{what, 0, 0, 0, nullptr}); }

    std::mutex picture;   /* guards the next two */
    Pixels shown;
    std::string state = "loading";

private:
    struct Wish {
        char what;
        float x, y, radius;
        const uint8_t *colour;
    };

    void wish(const Wish &w) {
        std::lock_guard<std::mutex> lock(mutex_);
        wishes_.push_back(w);
        wake_.notify_one();
    }

    void draw(const Wish &d) {
        const int w = int(shown.width), h = int(shown.height);
        for (int v = std::max(0, int(d.y - d.radius)); v < std::min(h, int(d.y + d.radius) + 1); v++)
            for (int u = std::max(0, int(d.x - d.radius)); u < std::min(w, int(d.x + d.radius) + 1); u++)
                if (std::hypot(u + 0.5f - d.x, v + 0.5f - d.y) <= d.radius) {
                    uint8_t *p = &guide_[(size_t(v) * shown.width + size_t(u)) * 4];
                    std::copy(d.colour, d.colour + 3, p);
                    p[3] = 255;
                }
    }

    void tell(const std::string &text) {
        {
            std::lock_guard<std::mutex> lock(picture);
            state = text;
        }
        SDL_Event event = SDL_Event();
        event.type = SDL_USEREVENT;
        SDL_PushEvent(&event);
    }

    void run() {
        try {
            npe::model model;
            npe::edit edit(model, npe::image(shown.rgb.data(), shown.rgb.size(), shown.width, shown.height, NPE_FORMAT_RGB_U8));
            tell("ready");
            while (step(edit)) {
            }
        } catch (const std::exception &e) {
            tell(e.what());
        }
    }

    bool step(npe::edit &edit) {
        char what = 0;
        {
            /* All dabs up to the next wish of another kind make one update. */
            std::unique_lock<std::mutex> lock(mutex_);
            wake_.wait(lock, [this] { return !wishes_.empty(); });
            for (; !wishes_.empty() && (what == 0 || (what == 'd' && wishes_.front().what == 'd')); wishes_.pop_front()) {
                what = wishes_.front().what;
                if (what == 'd') draw(wishes_.front());
            }
        }
        try {
            if (what == 'q') return false;
            if (what == 'd') {
                tell("working");
                edit.follow(npe::image(guide_.data(), guide_.size(), shown.width, shown.height, NPE_FORMAT_RGBA_U8));
            } else if (what == 'e') {
                edit.end_guide();
                std::fill(guide_.begin(), guide_.end(), uint8_t(0));
            } else if (what == 'z') {
                edit.undo();
            } else if (what == 'y') {
                edit.redo();
            }
            Pixels result;
            result.width = shown.width, result.height = shown.height;
            result.rgb.resize(shown.rgb.size());
            edit.decode(npe::image_out(result.rgb.data(), result.rgb.size(), result.width, result.height, NPE_FORMAT_RGB_U8));
            if (what == 's') write_png(save_to_, result);
            std::lock_guard<std::mutex> lock(picture);
            shown.rgb.swap(result.rgb);
        } catch (const std::exception &e) {
            /* The edit is as it was: say it and go on. */
            tell(e.what());
            return true;
        }
        tell(what == 's' ? "saved" : "ready");
        return true;
    }

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Wish> wishes_;
    std::vector<uint8_t> guide_; /* the thread's own */
    const char *save_to_;
    std::thread thread_;
};

const uint8_t COLOURS[5][3] = {{20, 18, 15}, {245, 240, 235}, {120, 70, 40}, {230, 190, 120}, {200, 60, 60}};

void show(const char *photo_path, const char *result_path) {
    const Pixels photo = read_png(photo_path);
    const float scale = std::min(1.0f, 1000.0f / float(std::max(photo.width, photo.height)));
    SDL_Window *window = SDL_CreateWindow("npe", 0, 0, int(photo.width * scale), int(photo.height * scale), 0);
    SDL_Renderer *renderer = window ? SDL_CreateRenderer(window, -1, 0) : nullptr;
    SDL_Texture *texture = renderer ? SDL_CreateTexture(renderer, SDL_PIXELFORMAT_RGB24, SDL_TEXTUREACCESS_STREAMING,
                                                        int(photo.width), int(photo.height))
                                    : nullptr;
    if (!texture) throw std::runtime_error(SDL_GetError());
    Worker worker(photo, result_path);
    float radius = 0.03f * float(std::min(photo.width, photo.height));
    int colour = 0;
    bool down = false;
    SDL_Event event = SDL_Event();
    for (bool open = true; open;) {
        {
            std::lock_guard<std::mutex> lock(worker.picture);
            SDL_UpdateTexture(texture, nullptr, worker.shown.rgb.data(), int(photo.width) * 3);
            SDL_SetWindowTitle(window, ("npe: " + worker.state).c_str());
        }
        SDL_RenderCopy(renderer, texture, nullptr, nullptr);
        SDL_RenderPresent(renderer);
        if (!SDL_WaitEvent(&event)) break;
        do {
            if (event.type == SDL_QUIT) open = false;
            if (event.type == SDL_MOUSEWHEEL) radius = std::max(2.0f, radius * std::pow(1.2f, float(event.wheel.y)));
            if (event.type == SDL_MOUSEBUTTONDOWN && event.button.button == SDL_BUTTON_LEFT) {
                down = true;
                worker.dab(float(event.button.x) / scale, float(event.button.y) / scale, radius, COLOURS[colour]);
            }
            if (event.type == SDL_MOUSEMOTION && down)
                worker.dab(float(event.motion.x) / scale, float(event.motion.y) / scale, radius, COLOURS[colour]);
            if (event.type == SDL_MOUSEBUTTONUP && down) {
                down = false;
                worker.ask('e');
            }
            if (event.type == SDL_KEYDOWN) {
                const SDL_Keycode key = event.key.keysym.sym;
                const bool ctrl = (event.key.keysym.mod & KMOD_CTRL) != 0;
                if (key == SDLK_ESCAPE) open = false;
                if (key >= SDLK_1 && key <= SDLK_5) colour = int(key - SDLK_1);
                if (ctrl && (key == SDLK_z || key == SDLK_y || key == SDLK_s)) worker.ask(char(key));
            }
        } while (SDL_PollEvent(&event));
    }
    SDL_DestroyTexture(texture);
    SDL_DestroyRenderer(renderer);
    SDL_DestroyWindow(window);
}

} // namespace

int main(int argc, char **argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: %s PHOTO.png RESULT.png\n", argv[0]);
        return 2;
    }
    if (SDL_Init(SDL_INIT_VIDEO) != 0) {
        std::fprintf(stderr, "%s\n", SDL_GetError());
        return 1;
    }
    int status = 0;
    try {
        show(argv[1], argv[2]);
    } catch (const std::exception &e) {
        std::fprintf(stderr, "%s\n", e.what());
        status = 1;
    }
    SDL_Quit();
    return status;
}
